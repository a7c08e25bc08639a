"""Record what the real Keras answers for convolutions of one and three axes, depthwise, separable and transposed ones.
Imports Keras, never cycnn.

    KERAS_BACKEND=torch python record_convolutions.py

Files and cases are those of record_more_layers.py. convolution_refusals.json.gz: programs that Keras refuses, the exception,
and a word that our message must hold.
"""

import json

import keras
from answers import save
from record_keras import Arrays, Recorded, run
from record_more_layers import record

FIRST = ", data_format='channels_first'"
KERNEL = "kernel_regularizer='l2', bias_constraint=keras.constraints.MaxNorm(1)"
DEPTHWISE = "depthwise_initializer='he_normal', depthwise_regularizer=keras.regularizers.L1(0.5), depthwise_constraint='non_neg'"
POINTWISE = "pointwise_initializer='he_uniform', pointwise_regularizer='l2', pointwise_constraint='unit_norm'"

CONVOLUTION = [
    ("Conv1D(4, 3)", (2, 9, 3)),
    ("Conv1D(1, 1)", (3, 1, 1)),
    ("Conv1D(filters=33, kernel_size=2, activation='tanh')", (1, 5, 2)),
    ("Conv1D(5, 4, padding='same')", (2, 8, 2)),
    ("Conv1D(5, (3,), strides=(2,), padding='same')", (2, 8, 17)),
    ("Conv1D(5, 3, 2, 'same', activation='sigmoid')", (2, 7, 2)),
    ("Conv1D(3, 5, strides=3)", (2, 12, 2)),
    ("Conv1D(3, 2, strides=4, padding='same')", (2, 10, 2)),
    ("Conv1D(4, 3, padding='causal')", (2, 6, 3)),
    ("Conv1D(4, 5, padding='causal')", (2, 3, 3)),
    ("Conv1D(4, 3, padding='causal', dilation_rate=2)", (2, 9, 3)),
    ("Conv1D(4, 2, padding='causal', strides=2)", (2, 9, 3)),
    (f"Conv1D(4, 3, padding='causal', dilation_rate=3{FIRST})", (2, 3, 8)),
    ("Conv1D(3, 3, dilation_rate=2, padding='same')", (2, 8, 2)),
    ("Conv1D(3, 3, dilation_rate=(4,))", (2, 11, 2)),
    ("Conv1D(6, 3, groups=2, padding='same')", (2, 7, 4)),
    ("Conv1D(6, 3, groups=6, padding='causal', dilation_rate=2)", (2, 7, 6)),
    ("Conv1D(6, 2, groups=3, strides=2, use_bias=False)", (2, 8, 3)),
    (f"Conv1D(4, 3, strides=2, padding='same'{FIRST})", (2, 3, 8)),
    (f"Conv1D(4, 3, activation='softmax', {KERNEL}, name='steps')", (2, 6, 3)),
    ("Conv1D(4, 3, activation='relu', bias_initializer='ones', activity_regularizer='l2')", (2, 6, 3)),
    ("Conv1D(2, 40)", (2, 40, 2)),
    ("Conv2D(6, 3, groups=3, padding='same', strides=2)", (2, 6, 7, 3)),
    ("Conv2D(4, (3, 2), groups=2, dilation_rate=(2, 3))", (2, 7, 8, 4)),
    (f"Conv2D(4, 2, groups=4, activation='tanh'{FIRST})", (2, 4, 5, 6)),
    ("Conv3D(3, 2)", (2, 3, 4, 5, 2)),
    ("Conv3D(1, 1, use_bias=False)", (2, 2, 1, 3, 2)),
    ("Conv3D(filters=17, kernel_size=(1, 2, 3), activation='tanh')", (1, 2, 3, 4, 2)),
    ("Conv3D(3, 3, padding='same')", (1, 3, 4, 8, 2)),
    ("Conv3D(3, (2, 3, 4), padding='same')", (1, 4, 3, 5, 2)),
    ("Conv3D(2, 3, strides=2, padding='same')", (2, 4, 5, 6, 2)),
    ("Conv3D(2, (3, 2, 1), strides=(1, 2, 3))", (2, 4, 5, 6, 2)),
    ("Conv3D(2, 2, strides=(2, 1, 3), padding='same')", (2, 3, 2, 7, 2)),
    ("Conv3D(2, 2, dilation_rate=(2, 1, 3))", (2, 4, 3, 7, 2)),
    ("Conv3D(2, (3, 1, 2), dilation_rate=2, padding='same')", (2, 4, 3, 5, 2)),
    ("Conv3D(4, 2, groups=2, padding='same')", (2, 3, 2, 3, 4)),
    ("Conv3D(6, (2, 1, 3), groups=3, strides=(1, 2, 1), activation='sigmoid')", (1, 3, 4, 5, 3)),
    (f"Conv3D(3, 2, padding='same'{FIRST})", (2, 2, 3, 2, 4)),
    (f"Conv3D(3, (1, 3, 2), strides=(2, 1, 1), activation='relu'{FIRST})", (2, 2, 3, 4, 3)),
    (f"Conv3D(2, 2, {KERNEL}, name='scans')", (1, 3, 3, 3, 1)),
]

DEPTHWISES = [
    ("DepthwiseConv1D(3)", (2, 8, 3)),
    ("DepthwiseConv1D(4, padding='same')", (2, 7, 2)),
    ("DepthwiseConv1D(3, 2, 'same')", (2, 8, 17)),
    ("DepthwiseConv1D(kernel_size=2, strides=3)", (2, 9, 3)),
    ("DepthwiseConv1D(3, depth_multiplier=2)", (2, 6, 3)),
    ("DepthwiseConv1D(3, depth_multiplier=3, strides=2, padding='same', activation='tanh')", (2, 6, 2)),
    ("DepthwiseConv1D(3, dilation_rate=2, use_bias=False)", (2, 9, 3)),
    (f"DepthwiseConv1D(2, padding='same', depth_multiplier=2{FIRST})", (2, 3, 6)),
    (f"DepthwiseConv1D(2, {DEPTHWISE}, bias_regularizer='l1', name='own')", (2, 6, 3)),
    ("DepthwiseConv2D(3)", (2, 5, 6, 3)),
    ("DepthwiseConv2D(3, padding='same')", (2, 5, 6, 17)),
    ("DepthwiseConv2D(1)", (2, 3, 4, 2)),
    ("DepthwiseConv2D(3, strides=2, padding='same')", (2, 6, 7, 3)),
    ("DepthwiseConv2D(3, 2)", (2, 7, 8, 3)),
    ("DepthwiseConv2D(5, strides=2, padding='same', activation='relu6')", (2, 7, 6, 3)),
    ("DepthwiseConv2D((2, 4), padding='same')", (2, 5, 6, 3)),
    ("DepthwiseConv2D((7, 3), padding='same')", (1, 4, 5, 3)),
    ("DepthwiseConv2D(3, depth_multiplier=2)", (2, 5, 4, 3)),
    ("DepthwiseConv2D((3, 2), strides=(2, 2), depth_multiplier=3, padding='same')", (2, 5, 6, 2)),
    ("DepthwiseConv2D(2, depth_multiplier=17)", (1, 3, 4, 1)),
    ("DepthwiseConv2D(3, dilation_rate=(2, 2), padding='same')", (2, 6, 5, 3)),
    ("DepthwiseConv2D(2, dilation_rate=(1, 3), use_bias=False)", (2, 4, 7, 3)),
    (f"DepthwiseConv2D(3, strides=2, padding='same'{FIRST})", (2, 3, 6, 5)),
    (f"DepthwiseConv2D(2, depth_multiplier=2, activation='sigmoid'{FIRST})", (2, 2, 4, 5)),
    (f"DepthwiseConv2D(2, {DEPTHWISE}, bias_initializer='ones', activity_regularizer='l1')", (2, 4, 5, 3)),
    ("SeparableConv1D(5, 3)", (2, 7, 3)),
    ("SeparableConv1D(5, 3, padding='same', strides=2)", (2, 8, 2)),
    ("SeparableConv1D(33, 2, depth_multiplier=2, activation='tanh')", (2, 5, 2)),
    ("SeparableConv1D(4, 3, dilation_rate=2, padding='same', use_bias=False)", (2, 8, 3)),
    (f"SeparableConv1D(4, 2, depth_multiplier=3{FIRST})", (2, 2, 6)),
    (f"SeparableConv1D(4, 2, {DEPTHWISE}, {POINTWISE}, bias_constraint='non_neg')", (2, 5, 3)),
    ("SeparableConv2D(5, 3)", (2, 5, 6, 3)),
    ("SeparableConv2D(17, 3, padding='same')", (2, 4, 5, 3)),
    ("SeparableConv2D(4, 3, strides=2, padding='same', activation='relu')", (2, 6, 7, 3)),
    ("SeparableConv2D(4, (2, 3), strides=(2, 2))", (2, 6, 7, 3)),
    ("SeparableConv2D(4, 3, depth_multiplier=2, padding='same', activation='tanh')", (2, 4, 5, 2)),
    ("SeparableConv2D(4, 2, dilation_rate=2, use_bias=False)", (2, 5, 6, 3)),
    ("SeparableConv2D(3, 1)", (2, 3, 4, 2)),
    (f"SeparableConv2D(4, 3, padding='same', strides=2{FIRST})", (2, 3, 6, 5)),
    (f"SeparableConv2D(4, 2, {DEPTHWISE}, {POINTWISE}, activity_regularizer='l2', name='parts')", (2, 4, 5, 3)),
]

TRANSPOSED = [
    ("Conv1DTranspose(4, 3)", (2, 5, 3)),
    ("Conv1DTranspose(4, 3, padding='same')", (2, 5, 3)),
    ("Conv1DTranspose(4, 3, strides=2)", (2, 5, 3)),
    ("Conv1DTranspose(4, 3, strides=2, padding='same', activation='tanh')", (2, 5, 3)),
    ("Conv1DTranspose(4, 4, strides=2, padding='same')", (2, 9, 17)),
    ("Conv1DTranspose(33, 2, strides=3)", (2, 4, 2)),
    ("Conv1DTranspose(3, 2, strides=3, padding='same')", (2, 4, 2)),
    ("Conv1DTranspose(3, 3, strides=2, output_padding=0)", (2, 4, 2)),
    ("Conv1DTranspose(3, 3, strides=2, output_padding=1)", (2, 4, 2)),
    ("Conv1DTranspose(3, 3, strides=2, padding='same', output_padding=0)", (2, 4, 2)),
    ("Conv1DTranspose(3, 3, strides=2, padding='same', output_padding=1)", (2, 4, 2)),
    ("Conv1DTranspose(3, 4, strides=3, padding='same', output_padding=2)", (2, 4, 2)),
    ("Conv1DTranspose(3, 3, dilation_rate=2)", (2, 5, 2)),
    ("Conv1DTranspose(3, 3, dilation_rate=3, padding='same', use_bias=False)", (2, 5, 2)),
    (f"Conv1DTranspose(3, 3, strides=2, padding='same'{FIRST})", (2, 2, 5)),
    ("Conv2DTranspose(3, 2)", (2, 3, 4, 2)),
    ("Conv2DTranspose(3, 3, padding='same')", (2, 3, 4, 2)),
    ("Conv2DTranspose(3, 2, strides=2)", (2, 3, 9, 2)),
    ("Conv2DTranspose(4, 3, strides=2, padding='same', activation='relu')", (2, 3, 4, 3)),
    ("Conv2DTranspose(4, 4, 2, 'same', use_bias=False)", (2, 3, 4, 3)),
    ("Conv2DTranspose(2, 5, strides=2, padding='same')", (2, 3, 8, 2)),
    ("Conv2DTranspose(17, (2, 3), strides=(3, 1))", (1, 2, 3, 2)),
    ("Conv2DTranspose(2, (1, 3), strides=(2, 3), padding='same')", (1, 3, 2, 2)),
    ("Conv2DTranspose(2, 3, strides=2, output_padding=1)", (1, 3, 2, 2)),
    ("Conv2DTranspose(2, 3, strides=(3, 2), padding='same', output_padding=(2, 0))", (1, 3, 2, 2)),
    ("Conv2DTranspose(2, 2, strides=3, padding='same', output_padding=(1, 2))", (1, 3, 2, 2)),
    ("Conv2DTranspose(2, 3, dilation_rate=(2, 1))", (1, 3, 4, 2)),
    ("Conv2DTranspose(2, (2, 3), dilation_rate=2, padding='same', activation='tanh')", (1, 3, 4, 2)),
    (f"Conv2DTranspose(3, 3, strides=2, padding='same'{FIRST})", (2, 2, 3, 4)),
    (f"Conv2DTranspose(3, 2, strides=2, {KERNEL}, name='larger')", (2, 2, 3, 2)),
    ("Conv2DTranspose(1, 1)", (2, 1, 1, 1)),
    ("Conv3DTranspose(2, 2)", (1, 2, 3, 2, 2)),
    ("Conv3DTranspose(2, 2, strides=2)", (1, 2, 3, 2, 2)),
    ("Conv3DTranspose(2, 3, strides=2, padding='same', activation='tanh')", (1, 2, 2, 3, 2)),
    ("Conv3DTranspose(3, (1, 2, 3), strides=(2, 1, 3), padding='same')", (1, 2, 3, 2, 2)),
    ("Conv3DTranspose(2, 3, strides=(2, 1, 2), output_padding=(1, 0, 1))", (1, 2, 2, 2, 2)),
    ("Conv3DTranspose(2, 3, strides=2, padding='same', output_padding=0)", (1, 2, 2, 2, 2)),
    ("Conv3DTranspose(2, 2, dilation_rate=(1, 2, 2), use_bias=False)", (1, 2, 2, 3, 2)),
    (f"Conv3DTranspose(2, 2, strides=2{FIRST})", (1, 2, 2, 3, 2)),
]

REFUSALS = [
    ("Conv1D(0, 3)", "filters"),
    ("Conv1D(-2, 3)", "filters"),
    ("Conv1D(4, 0)", "kernel_size"),
    ("Conv1D(4, (3, 3))", "kernel_size"),
    ("Conv1D(4, 3, strides=0)", "strides"),
    ("Conv1D(4, 3, strides=(1, 2))", "strides"),
    ("Conv1D(4, 3, padding='full')", "padding"),
    ("Conv1D(4, 3, strides=2, dilation_rate=2)", "dilation_rate"),
    ("Conv1D(4, 3, groups=0)", "groups"),
    ("Conv1D(4, 3, groups=3)", "groups"),
    ("Conv1D(4, 3, data_format='first')", "data_format"),
    ("Conv1D(4, 3, unknown=1)", "unknown"),
    ("Conv1D(4, 3).build((2, 2, 3))", "empty"),
    ("Conv1D(4, 3, groups=2).build((2, 9, 3))", "groups"),
    ("Conv1D(4, 3)(np.zeros((2, 9)))", "axes"),
    ("Conv2D(4, 3, padding='causal')", "padding"),
    ("Conv3D(4, (3, 3))", "kernel_size"),
    ("Conv3D(4, 3, padding='causal')", "padding"),
    ("Conv3D(4, 3, strides=(1, 1, 2), dilation_rate=(2, 1, 1))", "dilation_rate"),
    ("Conv3D(4, 3).build((1, 3, 2, 3, 1))", "empty"),
    ("Conv3D(4, 3)(np.zeros((2, 9, 9, 1)))", "axes"),
    ("DepthwiseConv1D(3, depth_multiplier=0)", "depth_multiplier"),
    ("DepthwiseConv1D(3, padding='causal')", "padding"),
    ("DepthwiseConv1D((3, 3))", "kernel_size"),
    ("DepthwiseConv2D(3, strides=0)", "strides"),
    ("DepthwiseConv2D(3, depth_multiplier=-1)", "depth_multiplier"),
    ("DepthwiseConv2D(3).build((1, 3, 2, 3))", "empty"),
    ("DepthwiseConv2D(0)", "kernel_size"),
    ("SeparableConv1D(0, 3)", "filters"),
    ("SeparableConv1D(4, 3, padding='causal')", "padding"),
    ("SeparableConv2D(4, 3, depth_multiplier=0)", "depth_multiplier"),
    ("SeparableConv2D(4, (3, 3, 3))", "kernel_size"),
    ("SeparableConv2D(4, 3).build((1, 2, 2, 3))", "empty"),
    ("Conv1DTranspose(0, 3)", "filters"),
    ("Conv1DTranspose(4, 3, padding='causal')", "padding"),
    ("Conv1DTranspose(4, 3, output_padding=1)", "output_padding"),
    ("Conv2DTranspose(4, 3, strides=2, output_padding=(1, 2))", "output_padding"),
    ("Conv2DTranspose(4, 3, strides=2, output_padding=-1)", "output_padding"),
    ("Conv2DTranspose(4, 3, strides=2, dilation_rate=2)", "dilation_rate"),
    ("Conv2DTranspose(4, (3, 0))", "kernel_size"),
    ("Conv2DTranspose(4, 3)(np.zeros((2, 9, 9)))", "axes"),
    ("Conv3DTranspose(4, 3, strides=(2, 0, 1))", "strides"),
    ("Conv3DTranspose(4, 3, output_padding=(0, 0))", "output_padding"),
]

FILES = {"convolution": CONVOLUTION, "depthwise": DEPTHWISES, "transposed": TRANSPOSED}


def refusal(program, word):
    try:
        run(f"keras.layers.{program}")
    except Exception as error:
        return {"program": f"keras.layers.{program}", "error": type(error).__name__, "word": word}
    raise AssertionError(f"Keras does not refuse {program}")


if __name__ == "__main__":
    refused = [refusal(program, word) for program, word in REFUSALS]
    save("convolution_refusals", refused)
    print(f"convolution_refusals: {len(refused)} cases, Keras {keras.__version__}")
    for name, programs in FILES.items():
        cases, values = {}, Arrays()
        for program, shape in programs:
            key = f"{program} on {'x'.join(map(str, shape))}"
            cases[key] = json.loads(json.dumps(record(key, program, shape, values)))
        Recorded(cases, values.values()).write(f"layers_{name}")
        print(f"layers_{name}: {len(cases)} cases, Keras {keras.__version__}")
