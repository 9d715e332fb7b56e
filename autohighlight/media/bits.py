"""Reads headers bit by bit."""

from __future__ import annotations


class BitReader:
    """Reads numbers from bytes, the highest bit first; after the end all bits are 0.

    Args:
        data: a header, not too long: it is held as one number.
    """

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data)
        self._num_left = 8 * len(data)

    @property
    def is_over(self) -> bool:
        """Whether more was read than there is."""
        return self._num_left < 0

    def skip(self, num_bits: int) -> None:
        """Leaves out bits."""
        self._num_left -= num_bits

    def read(self, num_bits: int) -> int:
        """The next bits as a number."""
        self.skip(num_bits)
        if self._num_left < 0:
            return 0
        return self._value >> self._num_left & (1 << num_bits) - 1

    def read_golomb(self) -> int:
        """A number in Exp-Golomb code: ITU-T H.264, section 9.1; 0 after the end."""
        num_zeros = 0
        while not self.read(1):
            if self.is_over:
                return 0
            num_zeros += 1
        return (1 << num_zeros) - 1 + self.read(num_zeros)

    def read_signed_golomb(self) -> int:
        """The same with a sign: ITU-T H.264, section 9.1.1."""
        number = self.read_golomb()
        return (number + 1) // 2 if number % 2 else -(number // 2)
