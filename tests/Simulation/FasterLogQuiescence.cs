using System.Reflection;
using CartRecovery.Engine.Journal;
using FASTER.core;

namespace CartRecovery.Tests.Simulation;

/// <summary>
/// FasterLog completes commits on the thread pool, and after them deletes segments in a task of its own. Waiting for both makes a simulation deterministic.
/// </summary>
sealed class FasterLogQuiescence
{
    const BindingFlags Private = BindingFlags.Instance | BindingFlags.NonPublic;

    static readonly FieldInfo s_log = Field(typeof(PartitionJournal), "_log");
    static readonly FieldInfo s_queue = Field(typeof(FasterLog), "commitQueue");
    static readonly FieldInfo s_count = Field(s_queue.FieldType, "_count");
    static readonly FieldInfo s_allocator = Field(typeof(FasterLog), "allocator");
    static readonly FieldInfo s_begin =
        s_allocator.FieldType.GetField("BeginAddress") ?? throw new MissingFieldException(s_allocator.FieldType.FullName, "BeginAddress");

    readonly object _queue;
    readonly object _allocator;
    readonly SimulatedDevice _device;
    readonly JournalLayout _layout;
    readonly long _first;

    public FasterLogQuiescence(PartitionJournal journal, SimulatedDevice device, JournalLayout layout)
    {
        var log = s_log.GetValue(journal)!;
        _queue = s_queue.GetValue(log)!;
        _allocator = s_allocator.GetValue(log)!;
        _device = device;
        _layout = layout;
        _first = Begin;
    }

    // FasterLog's first segment: those before it are being deleted, or are deleted.
    long Begin => _layout.SegmentOf((long)s_begin.GetValue(_allocator)!);

    /// <summary>Waits until no FasterLog work is left on the thread pool.</summary>
    public void Wait()
    {
        var spin = default(SpinWait);
        while ((int)s_count.GetValue(_queue)! > 0)
        {
            spin.SpinOnce();
        }

        // The last one is deleted last. What was deleted before this start is not deleted again.
        while (Begin is var begin && begin > _first && _device.RemovedBefore < begin)
        {
            spin.SpinOnce();
        }
    }

    static FieldInfo Field(Type type, string name) =>
        type.GetField(name, Private) ?? throw new MissingFieldException(type.FullName, name);
}
