namespace CartRecovery.Engine.Events.Slabs;

/// <summary>Consecutive events of a slab from one source.</summary>
/// <param name="Source">The sender, notified when the slab is processed; null for nobody.</param>
/// <param name="End">The index after its last event.</param>
/// <param name="UpTo">The number of events its source had taken at handover, including these.</param>
public readonly record struct SourceRun(IEventSource? Source, int End, long UpTo)
{
    /// <summary>Returns the index of an event of the run among all of its source.</summary>
    public long IndexOf(in EventRecord record) => UpTo - unchecked((uint)UpTo - record.SourceIndex);
}
