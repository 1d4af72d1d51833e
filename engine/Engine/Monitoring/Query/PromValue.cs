namespace CartRecovery.Engine.Monitoring.Query;

/// <summary>The result of a query: one of the four derived types.</summary>
public abstract record PromValue;

/// <summary>A number.</summary>
/// <param name="Time">The evaluation time in milliseconds since the Unix epoch.</param>
/// <param name="Value">The number.</param>
public sealed record PromScalar(long Time, double Value) : PromValue;

/// <summary>A text.</summary>
/// <param name="Time">The evaluation time in milliseconds since the Unix epoch.</param>
/// <param name="Value">The text.</param>
public sealed record PromString(long Time, string Value) : PromValue;

/// <summary>An instant vector.</summary>
/// <param name="Time">The evaluation time in milliseconds since the Unix epoch.</param>
/// <param name="Samples">The elements; ordered only by <c>sort</c>, <c>sort_desc</c>, <c>topk</c> and <c>bottomk</c>.</param>
public sealed record PromVector(long Time, IReadOnlyList<VectorSample> Samples) : PromValue;

/// <summary>A range of samples per series, sorted by labels.</summary>
/// <param name="Series">The series.</param>
public sealed record PromMatrix(IReadOnlyList<Series> Series) : PromValue;

/// <summary>An element of an instant vector.</summary>
/// <param name="Labels">The labels.</param>
/// <param name="Value">The value.</param>
public readonly record struct VectorSample(SeriesLabels Labels, double Value);
