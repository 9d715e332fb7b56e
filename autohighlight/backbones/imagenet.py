"""Which of ImageNet's classes (ILSVRC 2012, in the usual order) speak of somebody or something alive in the picture.

ImageNet has next to no classes of people. What people wear or hold on to is a fair sign of them, and was chosen by
meaning from the list of classes, not by what it does to any score.
"""

from __future__ import annotations

_ANIMALS = range(398)
"""0 to 397: every animal, from tench to sea slug to puffer."""

_PEOPLE = (981, 982, 983)
"""Ballplayer, groom, scuba diver."""

_WORN_NUMBERS = """
399 400 411 433 439 443 445 451 452 457 459 465 474 501 515 518 524 529 551 552 560 568 570 578 584
585 601 608 610 614 615 617 629 631 638 639 643 652 655 658 667 678 679 689 691 697 715 735 775 793
796 808 823 824 834 836 837 838 841 842 869 887 903 906
"""
_WORN = tuple(map(int, _WORN_NUMBERS.split()))
"""Clothes, headgear, glasses, masks and other things worn on the body, as academic gown, bikini, cowboy hat, suit."""

LIVING_CLASSES = (*_ANIMALS, *_PEOPLE, *_WORN)
"""Numbers of the classes."""
