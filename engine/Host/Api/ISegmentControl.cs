namespace CartRecovery.Host.Api;

/// <summary>Puts segments into force where campaigns use them.</summary>
interface ISegmentControl
{
    /// <summary>Compiles the campaigns with the segments of now. Returns when partitions and journeys take them with their next event.</summary>
    Task ApplySegmentsAsync();
}
