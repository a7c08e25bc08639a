"""Seeing: data, training, and what a network has learned. Arrays come out, or figures of matplotlib.

    training images labels confusion                curves of `fit`; pictures; mistakes
    filters feature_maps                            what a layer holds, and what it answers to a picture
    saliency integrated_gradients grad_cam occlusion    which pixels matter for a class: heat maps
    overlay                                         a heat map on its picture
    activation_maximization deep_dream style        pictures that a network likes
    boxes segmentation gallery                      detection and segmentation, under the names of `keras.visualization`

    figures pixels                                  what these draw with
    probe                                           values anywhere in a model, and gradients between any two places

A heat map's function runs the model's own plans, forward and backward, in batches:

    grad_cam(model, x)  →  Probe(model, [maps, scores])  →  engine's Recorded  →  d score / d maps  →  (n, h, w)

Pictures are what the model takes: a batch (n, h, w, c), one picture (h, w, c), without the channel axis where c is 1; of
one picture, one heat map comes back. A figure of `plot_...` is one of `matplotlib.pyplot`, for `show()` and for
notebooks; with `path=` it is saved instead and pyplot never hears of it.
"""

from cycnn.core import checks
from cycnn.visualization.activation_maximization import activation_maximization
from cycnn.visualization.boxes import draw_bounding_boxes, plot_bounding_box_gallery
from cycnn.visualization.confusion import confusion_matrix, plot_confusion_matrix
from cycnn.visualization.deep_dream import deep_dream
from cycnn.visualization.feature_maps import feature_maps, plot_feature_maps
from cycnn.visualization.filters import filters, plot_filters
from cycnn.visualization.gallery import plot_image_gallery
from cycnn.visualization.grad_cam import grad_cam
from cycnn.visualization.images import plot_images, plot_wrong_predictions, wrong_predictions
from cycnn.visualization.integrated_gradients import integrated_gradients
from cycnn.visualization.occlusion import occlusion
from cycnn.visualization.overlay import overlay
from cycnn.visualization.saliency import saliency, smooth_grad
from cycnn.visualization.segmentation import draw_segmentation_masks, plot_segmentation_mask_gallery
from cycnn.visualization.style import content_loss, gram_matrix, style_loss, total_variation_loss
from cycnn.visualization.training import plot_history

__all__ = [
    "activation_maximization",
    "confusion_matrix",
    "content_loss",
    "deep_dream",
    "draw_bounding_boxes",
    "draw_segmentation_masks",
    "feature_maps",
    "filters",
    "grad_cam",
    "gram_matrix",
    "integrated_gradients",
    "occlusion",
    "overlay",
    "plot_bounding_box_gallery",
    "plot_confusion_matrix",
    "plot_feature_maps",
    "plot_filters",
    "plot_history",
    "plot_image_gallery",
    "plot_images",
    "plot_segmentation_mask_gallery",
    "plot_wrong_predictions",
    "saliency",
    "smooth_grad",
    "style_loss",
    "total_variation_loss",
    "wrong_predictions",
]


def __getattr__(name):
    raise AttributeError(checks.unknown("name in `cycnn.visualization`", name, __all__))


def __dir__():
    return __all__
