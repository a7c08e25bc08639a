"""Where programs for Keras look for what prepares data; what is missing says what to use instead.

    image    pictures
"""

from cycnn.preprocessing import image

__all__ = ["image"]
