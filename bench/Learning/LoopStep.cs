namespace CartRecovery.Bench.Learning;

/// <summary>Something that happened in the loop.</summary>
/// <param name="Day">The day, from 0.</param>
/// <param name="Kind"><c>drift</c>, <c>trained</c>, <c>refused</c>, <c>withdrawn</c>, <c>canary</c>, <c>step</c>, <c>promoted</c> or <c>rolled_back</c>.</param>
/// <param name="Text">With numbers.</param>
sealed record LoopStep(int Day, string Kind, string Text);
