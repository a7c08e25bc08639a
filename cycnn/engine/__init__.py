"""WHERE and WHEN: from a graph of operations to a list of kernel calls over planned memory.

    graph       symbolic tensors and the operations between them; operations declare memory and emit kernel calls
    specialize  a graph for inputs of any size, recorded anew for one
    rewrites    fusions: small rules that replace neighbouring operations by one
    buffers     symbolic memory: who needs it (each sample, each group, each thread, once) and from when to when
    schedule    emitted calls -> segments with a barrier between two
    recompute   what is made again in the backward pass, because keeping it costs more
    planner     lifetimes -> places in one arena
    plan        puts it together, owns the arena, and runs batches
    function    a graph as a function of arrays: keeps plans, and graphs for the sizes that came
    profile     what the calls of a plan took: a table, a plot, a trace

A training step of one segment, seen from above (8 samples, groups of 2, two threads):

    thread 0   [gather conv pool dense loss dense pool conv] x groups 0, 1   | reduce   | update
    thread 1   [gather conv pool dense loss dense pool conv] x groups 2, 3   | reduce   | update
                                                                             barrier    barrier

What a group adds up (weight gradients) is reduced in order of the groups, so the result does not know the threads.
"""
