"""A plugin to learn from: one small file for each thing that a plugin can give.

`colours` is the backbone of the tutorial; `colourful` scores, `keyframes` divides into clips and adds a command,
`peaks` selects, `shotlist` exports, and `starred` changes a timeline before it is written.
"""
