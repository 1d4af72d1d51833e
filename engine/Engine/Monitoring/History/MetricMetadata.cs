namespace CartRecovery.Engine.Monitoring.History;

/// <summary>What is known about a metric.</summary>
/// <param name="Name">The metric's name; of a histogram or summary without suffix.</param>
/// <param name="Type">The type. It decides how old samples are thinned out.</param>
/// <param name="Help">One sentence; may be empty.</param>
/// <param name="Unit">The unit; may be empty.</param>
public sealed record MetricMetadata(string Name, MetricType Type, string Help = "", string Unit = "");
