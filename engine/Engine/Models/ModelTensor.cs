namespace CartRecovery.Engine.Models;

/// <summary>An input or output of a model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Datatype">Its type, as the Open Inference Protocol writes it: <c>FP32</c>.</param>
/// <param name="Shape">Its dimensions; −1 for a free one.</param>
public sealed record ModelTensor(string Name, string Datatype, IReadOnlyList<long> Shape);
