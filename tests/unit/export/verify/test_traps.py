"""What other programs get wrong, each done on purpose to a right file: it is found, on its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from autohighlight.export.verify import verify_file
from autohighlight.timeline.model import Timeline
from tests.timeline_files import case_timeline, timeline_of
from tests.timeline_matrix import Matrix
from tests.unit.export.verify.breaking import edit, line_of, write

WITH_TIMECODE = "24"  # begins at 10:11:12:13


@pytest.fixture
def timeline(matrix: Matrix) -> Timeline:
    return case_timeline(WITH_TIMECODE, matrix)


class TestStartTimecodeIgnored:
    def test_edl(self, timeline: Timeline, tmp_path: Path) -> None:
        broken = edit(write("edl", timeline, tmp_path), r"10:11:12:16 10:11:13:04", "00:00:00:03 00:00:00:15")
        finding = broken.assert_found("outside the file")
        assert "whose timecode begins at 10:11:12:13" in finding.remedy

    def test_fcp7xml(self, timeline: Timeline, tmp_path: Path) -> None:
        path = write("fcp7xml", timeline, tmp_path)
        broken = edit(path, r"(?s)(</duration>\s*)<timecode>.*?</timecode>(\s*<media>\s*<video>\s*<sample)", r"\1\2")
        broken.assert_found("no <timecode>; that of source.mov begins at 10:11:12:13", line=line_of(path, "<file "))
        broken = edit(path, "10:11:12:13", "00:00:00:00")
        broken.assert_found("its timecode begins at 10:11:12:13")

    def test_fcpxml(self, timeline: Timeline, tmp_path: Path) -> None:
        broken = edit(write("fcpxml", timeline, tmp_path), r'(<asset [^>]*)start="[^"]*"', r'\1start="0s"')
        broken.assert_found("its timecode begins at 10:11:12:13")
        assert any("outside the file" in str(finding) for finding in broken.findings())

    def test_otio(self, timeline: Timeline, tmp_path: Path) -> None:
        path = write("otio", timeline, tmp_path)
        broken = edit(
            path, r'(?s)("start_time": \{[^}]*"value": )880\d\d\d.0(\s+\}\s+\},\s+"available_image)', r"\g<1>0.0\2"
        )
        line = line_of(broken.path, r'\{\s+"OTIO_SCHEMA": "RationalTime.1",\s+"rate": 24.0,\s+"value": 0.0')
        broken.assert_found("its timecode begins at 10:11:12:13", line=line)


class TestRateWithoutTimecode:
    def test_edl(self, timeline: Timeline, matrix: Matrix, tmp_path: Path) -> None:
        path = edit(write("edl", timeline, tmp_path), "10:11:12:16 10:11:13:04", "10:00:00:110 10:00:01:002").path
        path.write_text(path.read_text().replace(str(matrix.path(WITH_TIMECODE)), str(matrix.path("120"))))
        (finding,) = [finding for finding in verify_file(path) if "no SMPTE timecode at 120" in str(finding)]
        assert finding.severity == "warning"


class TestDropFrameWhereThereIsNone:
    @pytest.mark.parametrize("form", ["csv", "json", "edl"])
    def test_it_is_said(self, form: str, timeline: Timeline, tmp_path: Path) -> None:
        path = write(form, timeline, tmp_path)
        text = path.read_text("utf-8").replace("01:00:00:00", "01:00:00;00").replace("NON-DROP", "DROP")
        path.write_text(text, "utf-8")
        errors = [finding for finding in verify_file(path, timeline) if finding.severity == "error"]
        assert any("drop-frame" in str(finding) for finding in errors)


class TestFieldsIgnored:
    @pytest.mark.parametrize(
        ("form", "old", "new", "which"),
        [
            ("fcp7xml", "<fielddominance>upper", "<fielddominance>none", 1),
            ("fcpxml", ' fieldOrder="upper first"', "", 0),
        ],
    )
    def test_of_a_file(self, form: str, old: str, new: str, which: int, matrix: Matrix, tmp_path: Path) -> None:
        path = write(form, case_timeline("interlaced", matrix), tmp_path)
        broken = edit(path, old, new, which=which)
        assert any("said to be progressive; it is interlaced, top" in str(finding) for finding in broken.findings())

    @pytest.mark.parametrize(
        ("form", "old", "new", "found"),
        [
            ("fcp7xml", "<fielddominance>upper", "<fielddominance>lower", "the sequence is interlaced, bottom field"),
            ("fcp7xml", "<fielddominance>upper", "<fielddominance>odd", "'odd' is no order of fields"),
            ("fcpxml", 'fieldOrder="upper first"', 'fieldOrder="lower first"', "the sequence is interlaced, bottom"),
            ("fcpxml", 'fieldOrder="upper first"', 'fieldOrder="upper"', "fieldOrder is 'upper'"),
            ("mlt", 'progressive="0"', 'progressive="1"', "the profile is progressive"),
        ],
    )
    def test_of_the_sequence(self, form: str, old: str, new: str, found: str, matrix: Matrix, tmp_path: Path) -> None:
        timeline = case_timeline("interlaced", matrix)
        broken = edit(write(form, timeline, tmp_path), old, new)
        assert any(found in str(finding) for finding in broken.findings(timeline))


class TestInclusiveOut:
    """2"""

    def test_edl(self, timeline: Timeline, tmp_path: Path) -> None:
        path = write("edl", timeline, tmp_path)
        source = edit(path, "10:11:13:04 01:00:00:00 01:00:00:12", "10:11:13:03 01:00:00:00 01:00:00:12")
        source.assert_found("it takes 11 frames of the file for 12 of the sequence")
        both = edit(path, "10:11:13:04 01:00:00:00 01:00:00:12", "10:11:13:03 01:00:00:00 01:00:00:11")
        finding = both.assert_found("the 1 frames before it are empty", line=line_of(path, "(?m)^003"))
        assert "an out is the frame after the last" in finding.remedy
        both.assert_found("it ends before frame 11 of the sequence", timeline)

    def test_fcp7xml(self, timeline: Timeline, tmp_path: Path) -> None:
        broken = edit(write("fcp7xml", timeline, tmp_path), "<out>15</out>", "<out>14</out>")
        broken.assert_found("it takes 11 frames of the file for 12 of the sequence")
        broken.assert_found("outs are exclusive", timeline)


class TestDropFrameLost:
    """3"""

    def test_no_fcm(self, matrix: Matrix, tmp_path: Path) -> None:
        path = write("edl", case_timeline("29.97 DF", matrix), tmp_path)
        edit(path, r"FCM: DROP FRAME\r\n", "").assert_found("no line FCM", line=1)
        edit(path, "FCM: DROP", "FCM: NON-DROP").assert_found("is not written as FCM: NON-DROP FRAME says", line=4)

    def test_labels(self, matrix: Matrix, tmp_path: Path) -> None:
        path = write("edl", case_timeline("29.97 DF", matrix), tmp_path)
        edit(path, "00:59:59;23", "00:59:59:23").assert_found("the file's timecode, which is drop-frame")

    def test_xml(self, matrix: Matrix, tmp_path: Path) -> None:
        timeline = case_timeline("29.97 DF", matrix)
        for name, old, new, found in (
            ("fcp7xml", r"(00:59:59;20.*\s+.*\s+<displayformat>)DF", r"\1NDF", "not written as <displayformat> says"),
            ("fcpxml", r'(<asset-clip.*tcFormat=")DF', r"\1NDF", "tcFormat is NDF; the file's timecode is DF"),
        ):
            edit(write(name, timeline, tmp_path), old, new).assert_found(found)


class TestRoundedRates:
    """4"""

    def test_otio(self, matrix: Matrix, tmp_path: Path) -> None:
        path = write("otio", case_timeline("23.976", matrix), tmp_path)
        broken = edit(path, r'"rate": 23\.976\d+', '"rate": 23.976')
        broken.assert_found("rounded to 23.976, which is 23.976 (24000/1001) and drifts", line=broken.line - 2)

    def test_fcp7xml(self, matrix: Matrix, tmp_path: Path) -> None:
        path = write("fcp7xml", case_timeline("29.97 NDF", matrix), tmp_path)
        edit(path, "<timebase>30</timebase>", "<timebase>29.97</timebase>").assert_found("no whole number")
        whole = edit(path, r"(<pathurl>.*\s+<rate>\s+.*\s+<ntsc>)TRUE", r"\1FALSE")
        whole.assert_found("is said to have 30 frames/s; it has 29.97 (30000/1001)", line=whole.line + 1)

    def test_fcpxml(self, matrix: Matrix, tmp_path: Path) -> None:
        path = write("fcpxml", case_timeline("59.94 NDF", matrix), tmp_path)
        broken = edit(path, 'frameDuration="1001/60000s"', 'frameDuration="100/5994s"')
        broken.assert_found("is said to have 59.94 (2997/50) frames/s; it has 59.94 (60000/1001)")

    def test_mlt(self, matrix: Matrix, tmp_path: Path) -> None:
        timeline = case_timeline("23.976", matrix)
        broken = edit(
            write("mlt", timeline, tmp_path), 'num="24000" frame_rate_den="1001"', 'num="23976" frame_rate_den="1000"'
        )
        broken.assert_found("the sequence has 23.976 (2997/125) frames/s", timeline)


class TestDropFrameAtThirty:
    """5"""

    @pytest.mark.parametrize("name", ["edl", "fcp7xml", "fcpxml", "otio"])
    def test_it_is_legal(self, name: str, matrix: Matrix, tmp_path: Path) -> None:
        assert verify_file(write(name, case_timeline("30 DF", matrix), tmp_path)) == []

    def test_it_must_survive(self, matrix: Matrix, tmp_path: Path) -> None:
        timeline = case_timeline("30 DF", matrix)
        path = write("edl", timeline, tmp_path)
        edit(path, "00:00:59;23", "00:00:59:23").assert_found("the file's timecode, which is drop-frame")
        broken = edit(write("fcpxml", timeline, tmp_path), r'(<asset-clip.*tcFormat=")DF', r"\1NDF")
        broken.assert_found("the file's timecode is DF")


class TestEdlSoundAndReels:
    """6"""

    def test_sound_that_is_dropped(self, timeline: Timeline, tmp_path: Path) -> None:
        path = write("edl", timeline, tmp_path)
        broken = edit(path, r"002  SOURCE   AA [^\n]*\n[^\n]*\n[^\n]*\n", "")
        broken.assert_found("no track has sound channel 1, 2 of source.mov", line=4)
        assert next(f for f in broken.findings(timeline) if "no track has" in f.problem).severity == "error"
        one = edit(path, "002  SOURCE   AA", "002  SOURCE   A ")
        one.assert_found("no track has sound channel 2 of source.mov", line=4)

    def test_reels(self, timeline: Timeline, tmp_path: Path) -> None:
        path = write("edl", timeline, tmp_path)
        edit(path, "001  SOURCE  ", "001  MY CLIP ").assert_found("the reel 'MY CLIP' has a blank")
        edit(path, "001  SOURCE  ", "001  A001C003X").assert_found("not of up to eight letters and digits")

    def test_one_reel_for_two_files(self, matrix: Matrix, tmp_path: Path) -> None:
        path = write("edl", case_timeline("several", matrix), tmp_path)
        edit(path, "LARGER  ", "SOURCE  ").assert_found("the reel SOURCE stands for two files")


class TestFcp7Grid:
    """7"""

    def test_counts_on_another_grid(self, matrix: Matrix, tmp_path: Path) -> None:
        path = write("fcp7xml", timeline_of(matrix.several()), tmp_path)
        broken = edit(path, r"(larger\.mov</name>\s+.*\s+<duration>.*\s+<rate>\s+<timebase>)25", r"\g<1>50")
        broken.assert_found("counted at 50 frames/s, and read at 25", line=broken.line + 3)
        fraction = edit(path, "<in>3</in>", "<in>3.5</in>")
        fraction.assert_found("no whole number")

    def test_links_source_tracks_and_sample_sizes(self, timeline: Timeline, tmp_path: Path) -> None:
        path = write("fcp7xml", timeline, tmp_path)
        item = line_of(path, "<clipitem ")
        unlinked = edit(path, r"(?s)(</sourcetrack>\s*)<link>.*?(<logginginfo>)", r"\1\2")
        unlinked.assert_found("it is not linked to clipitem-2, clipitem-3", line=item)
        dangling = edit(path, "<linkclipref>clipitem-2", "<linkclipref>clipitem-99")
        dangling.assert_found("no clip item has the id 'clipitem-99'")
        elsewhere = edit(path, r"<clipindex>1</clipindex>", "<clipindex>2</clipindex>", which=1)
        elsewhere.assert_found('<clipindex> is 2; that of <clipitem id="clipitem-2"> is 1')
        sound = line_of(path, "<clipitem ", which=2)
        trackless = edit(path, r"(?s)<sourcetrack>\s*<mediatype>audio.*?</sourcetrack>", "")
        trackless.assert_found("no <sourcetrack>", line=sound)
        depthless = edit(path, r"(<audio>\s+<samplecharacteristics>\s+)<depth>16</depth>", r"\1")
        depthless.assert_found("its sound has no <depth>")
        repeated = edit(path, '<clipitem id="clipitem-2"', '<clipitem id="clipitem-1"')
        repeated.assert_found("the id 'clipitem-1' is taken by line")

    def test_markers_on_the_wrong_clock(self, timeline: Timeline, tmp_path: Path) -> None:
        path = write("fcp7xml", timeline, tmp_path)
        marker = "<marker><name>x</name><in>{}</in><out>-1</out></marker>"
        on_record = edit(path, r"<logginginfo>", marker.format(12) + "<logginginfo>", which=1)
        on_record.assert_found('outside <clipitem id="clipitem-4">')
        on_source = edit(path, r"<logginginfo>", marker.format(22) + "<logginginfo>", which=1)
        assert on_source.findings() == []
        edit(path, r"(<marker>\s+.*\s+.*\s+<in>)12", r"\g<1>880021", which=0).findings()
        far = edit(path, r"<in>12</in>", "<in>880021</in>")
        far.assert_found("outside the sequence")


class TestFcp7Urls:
    """8"""

    @pytest.mark.parametrize(
        ("url", "found"),
        [
            (r"/media/x.mov", "is no URL"),
            (r"file:///\1", "begins with file:///"),
            (r"file://localhost/a b.mov", "' ' in"),
            (r"file://localhost/100%.mov", "'%' in"),
            (r"file://localhost/#1.mov", "'#' in"),
            ("file://localhost/ż.mov", "is not percent-encoded"),
        ],
    )
    def test_urls(self, url: str, found: str, timeline: Timeline, tmp_path: Path) -> None:
        path = write("fcp7xml", timeline, tmp_path)
        edit(path, r"file://localhost/([^<]*)", url).assert_found(found)

    def test_no_duration(self, timeline: Timeline, tmp_path: Path) -> None:
        path = write("fcp7xml", timeline, tmp_path)
        broken = edit(path, r"<duration>48</duration>(\s+<timecode>)", r"\1")
        broken.assert_found("there is no <duration>", line=line_of(path, "<file "))
        assert verify_file(edit(path, r"<duration>48</duration>(\s+<timecode>)", r"<duration/>\1").path) == []


class TestFcpxml:
    """9"""

    @pytest.mark.parametrize(
        ("old", "new", "found"),
        [
            ('version="1.10"', 'version="1.13"', "newer than what editors are known to read"),
            (' hasAudio="1"', "", "is said to have 0 sound channels; it has 2"),
            ('audioChannels="2"', 'audioChannels="1"', "is said to have 1 sound channels; it has 2"),
            ('audioRate="48000"', 'audioRate="44100"', "is said to have 44100 samples/s; it has 48000"),
            ('ref="r2"', 'ref="r9"', "no asset has the id 'r9'"),
            ('<asset id="r2"', '<asset id="r1"', "the id 'r1' is taken by line 5"),
            ('width="96" height="64"', 'width="1920" height="1080"', "is said to be 1920x1080; it is 96x64"),
            ('<asset-clip ref="r2"', '<asset-clip ref="r2" offset0="0s"', ""),
        ],
    )
    def test_documents(self, old: str, new: str, found: str, timeline: Timeline, tmp_path: Path) -> None:
        broken = edit(write("fcpxml", timeline, tmp_path), old, new)
        if found:
            broken.assert_found(found)
        else:  # what is not known does no harm
            assert broken.findings() == []

    def test_an_asset_that_no_clip_shows(self, timeline: Timeline, tmp_path: Path) -> None:
        path = write("fcpxml", timeline, tmp_path)
        broken = edit(path, r"(?s)(<asset id=)\"r2\"(.*?</asset>)", r'\1"r2"\2\n\1"r7"\2')
        broken.assert_found("no clip shows the asset", line=line_of(broken.path, '"r7"'))

    @pytest.mark.parametrize(("case", "space"), [("PQ", "9-16-9"), ("HLG", "9-18-9")])
    def test_colour(self, case: str, space: str, matrix: Matrix, tmp_path: Path) -> None:
        path = write("fcpxml", case_timeline(case, matrix), tmp_path)
        broken = edit(path, r'colorSpace="[^"]*"', 'colorSpace="1-1-1 (Rec. 709)"')
        broken.assert_found(f"said to be 1-1-1; they are {space}")
        none = edit(path, r' colorSpace="[^"]*"', "")
        none.assert_found("its format has no colorSpace", line=line_of(path, "<asset "))
        narrow = edit(path, r' colorProcessing="[^"]*"', "")
        narrow.assert_found(f"its library is not said to show {space}")

    def test_a_name_of_a_colour_space_that_is_not_apple_s(self, timeline: Timeline, tmp_path: Path) -> None:
        broken = edit(write("fcpxml", timeline, tmp_path), r"\(Rec. 709\)", "(sRGB)")
        finding = broken.assert_found("colorSpace 1-1-1 is named 'sRGB'")
        assert finding.remedy == "write 'Rec. 709'"

    def test_every_file_of_the_size_of_the_sequence(self, matrix: Matrix, tmp_path: Path) -> None:
        path = write("fcpxml", case_timeline("several", matrix), tmp_path)
        broken = edit(path, '(id="r4".*)format="r3"', r'\1format="r1"')
        broken.assert_found("larger.mov is said to be 96x64; it is 160x120", line=line_of(path, 'id="r1"'))


class TestOtioPath:
    """10"""

    def test_a_raw_path(self, matrix: Matrix, tmp_path: Path) -> None:
        timeline = case_timeline("odd path", matrix)
        path = write("otio", timeline, tmp_path)
        broken = edit(path, r'"file://[^"]*"(?=\s+\}\s+\},\s+"active)', f'"{timeline.sources[0].path}"')
        line = line_of(broken.path, '"OTIO_SCHEMA": "ExternalReference.1"') - 1
        broken.assert_found("is no URL", line=line)


class TestUpright:
    """11"""

    def test_sequence_and_file(self, matrix: Matrix, tmp_path: Path) -> None:
        timeline = case_timeline("rotated 90", matrix)
        size = r"<width>64</width>(\s+)<height>96</height>"
        lying = r"<width>96</width>\1<height>64</height>"
        path = write("fcp7xml", timeline, tmp_path)
        edit(path, size, lying).assert_found("the sequence is 96x64; portrait.mp4 is shown 64x96")
        edit(path, size, lying).assert_found("the sequence is 96x64; the timeline 64x96", timeline)
        edit(path, size, lying, which=1).assert_found("it is 64x96 when turned upright by 90 degrees")
        fcpxml = edit(write("fcpxml", timeline, tmp_path), 'width="64" height="96"', 'width="96" height="64"')
        fcpxml.assert_found("the sequence is 96x64", line=fcpxml.line)
        mlt = edit(write("mlt", timeline, tmp_path), 'width="64" height="96"', 'width="96" height="64"')
        mlt.assert_found("the sequence is 96x64; portrait.mp4 is shown 64x96")


class TestVariableRate:
    """12"""

    def test_an_average(self, matrix: Matrix, tmp_path: Path) -> None:
        timeline = case_timeline("VFR", matrix)
        broken = edit(write("fcpxml", timeline, tmp_path), 'frameDuration="1/30s"', 'frameDuration="100/2999s"')
        finding = broken.assert_found("has a variable rate and is said to have 29.99 (2999/100) frames/s, an average")
        assert "the nearest standard rate, 30" in finding.remedy


class TestSound:
    """13"""

    def test_one_sided(self, matrix: Matrix, tmp_path: Path) -> None:
        path = write("fcp7xml", case_timeline("mono", matrix), tmp_path)
        one = edit(path, r"</track>(?=\s+</audio>)", "<outputchannelindex>1</outputchannelindex></track>")
        one.assert_found("source.mov is mono, and heard from loudspeaker 1 alone")

    def test_unlinked(self, matrix: Matrix, tmp_path: Path) -> None:
        path = write("fcp7xml", case_timeline("mono", matrix), tmp_path)
        broken = edit(path, r"(?s)(</sourcetrack>\s*)<link>.*?(<logginginfo>)", r"\1\2", which=2)
        broken.assert_found("it is not linked to clipitem-1", line=line_of(path, '<clipitem id="clipitem-2"'))

    @pytest.mark.parametrize("case", ["four mono tracks", "5.1"])
    def test_lost(self, case: str, matrix: Matrix, tmp_path: Path) -> None:
        timeline = case_timeline(case, matrix)
        edl = write("edl", timeline, tmp_path)
        edit(edl, r"AUD   3[^\r]*", "AUD   3").assert_found("no track has sound channel 4", line=4)
        xml = write("fcp7xml", timeline, tmp_path)
        item = line_of(xml, "<clipitem ")
        played = r"(<sourcetrack>\s+<mediatype>audio</mediatype>\s+<trackindex>)4"
        edit(xml, played, r"\g<1>3").assert_found("sound channel 4", line=item)

    def test_lost_streams(self, matrix: Matrix, tmp_path: Path) -> None:
        timeline = case_timeline("four mono tracks", matrix)
        path = write("mlt", timeline, tmp_path)
        broken = edit(path, r'(<property name="audio_index">)4', r"\g<1>3")
        broken.assert_found("no track has sound channel 4", line=line_of(path, '<entry producer="source-1"', which=1))
        otio = write("otio", timeline, tmp_path)
        silent = edit(otio, r'"stream": 4', '"stream": 0')
        silent.assert_found(
            "stream 0 of source.mov is no sound", line=line_of(otio, r'\{\s+"OTIO_SCHEMA": "Clip', which=8)
        )


class TestMltResources:
    """14"""

    def test_relative(self, matrix: Matrix, tmp_path: Path) -> None:
        path = write("mlt", case_timeline("25", matrix), tmp_path)
        broken = edit(path, r'(name="resource">)/[^<]*/', r"\1")
        broken.assert_found("the resource source.mov is no absolute path")
        broken.assert_found("there is no such file")

    def test_unescaped(self, matrix: Matrix, tmp_path: Path) -> None:
        path = write("mlt", case_timeline("odd path", matrix), tmp_path)
        edit(path, "&amp;", "&").assert_found("is no well-formed XML from here on")


class TestCutFromTheReel:
    """15"""

    @pytest.mark.parametrize("name", ["edl", "fcp7xml", "fcpxml", "otio", "mlt", "csv", "json"])
    def test_it_plays_a_file_to_its_end(self, name: str, matrix: Matrix, tmp_path: Path) -> None:
        reel = timeline_of([matrix.path("25")], cuts=((0, 12), (12, 31), (31, 48)))
        (finding,) = verify_file(write(name, reel, tmp_path))
        assert finding.severity == "warning"
        assert "its 3 parts play source.mov from its first frame to its last" in finding.problem
        assert verify_file(write(name, reel, tmp_path), reel) == []

    @pytest.mark.parametrize("name", ["edl", "fcp7xml", "fcpxml", "otio", "mlt", "csv", "json"])
    def test_it_is_cut_from_another_file_than_the_timeline(self, name: str, matrix: Matrix, tmp_path: Path) -> None:
        timeline, reel = case_timeline("25", matrix), case_timeline("odd path", matrix)
        findings = verify_file(write(name, reel, tmp_path), timeline)
        assert any("in the timeline from" in finding.problem for finding in findings)


class TestPaths:
    """16"""

    @pytest.mark.parametrize("name", ["edl", "fcp7xml", "fcpxml", "otio", "mlt", "csv", "json"])
    def test_odd_names_are_no_fault(self, name: str, matrix: Matrix, tmp_path: Path) -> None:
        assert verify_file(write(name, case_timeline("odd path", matrix), tmp_path)) == []

    @pytest.mark.parametrize(
        ("name", "old", "new"),
        [("fcp7xml", "%23", "#"), ("fcp7xml", "100%25", "100%"), ("fcpxml", "%20", " "), ("otio", "%23", "#")],
    )
    def test_names_that_are_not_encoded(self, name: str, old: str, new: str, matrix: Matrix, tmp_path: Path) -> None:
        path = write(name, case_timeline("odd path", matrix), tmp_path)
        which = 1 if name == "otio" else 0  # the first is in the metadata, for people
        broken = edit(path, old, new, which=which)
        assert any("is not percent-encoded" in finding.problem for finding in broken.findings())

    @pytest.mark.parametrize(
        ("name", "old"),
        [
            ("edl", r"#1\.mov(?=\r\n\* LOC)"),
            ("fcp7xml", r"%231\.mov"),
            ("fcpxml", r"%231\.mov"),
            ("mlt", r"#1\.mov"),
            ("csv", r"#1\.mov"),
        ],
    )
    def test_a_file_that_is_not_there(self, name: str, old: str, matrix: Matrix, tmp_path: Path) -> None:
        broken = edit(write(name, case_timeline("odd path", matrix), tmp_path), old, "2.mov")
        finding = broken.assert_found("there is no such file")
        assert finding.severity == "error"
