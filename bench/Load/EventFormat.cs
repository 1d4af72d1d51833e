namespace CartRecovery.Bench.Load;

/// <summary>How the load's events are encoded.</summary>
enum EventFormat
{
    Json,
    MessagePack,
}
