namespace CartRecovery.Host.Api;

/// <summary>Applies changed segments to campaigns.</summary>
interface ISegmentControl
{
    /// <summary>Compiles the campaigns with the current segments. Completes when partitions and journeys use them from their next event on.</summary>
    Task ApplySegmentsAsync();
}
