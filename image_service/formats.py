"""What counts as an image, and smaller renditions of it: decided by decoders, processes that may fail or be killed."""

from image_service.kinds import Damaged, Facts, ImageRefused, NotAnImage, TooManyPixels

__all__ = ["Damaged", "DecodersBusy", "Facts", "ImageRefused", "NotAnImage", "TooManyPixels"]


class DecodersBusy(Exception):
    """No decoder was free in time; trying again later helps."""
