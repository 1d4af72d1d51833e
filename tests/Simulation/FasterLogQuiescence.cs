using System.Reflection;
using CartRecovery.Engine.Journal;
using FASTER.core;

namespace CartRecovery.Tests.Simulation;

/// <summary>
/// FasterLog completes commits and deletes segments on the thread pool. Waiting for that makes a simulation deterministic.
/// </summary>
sealed class FasterLogQuiescence
{
    const BindingFlags Private = BindingFlags.Instance | BindingFlags.NonPublic;

    static readonly FieldInfo s_log = Field(typeof(PartitionJournal), "_log");
    static readonly FieldInfo s_queue = Field(typeof(FasterLog), "commitQueue");
    static readonly FieldInfo s_count = Field(s_queue.FieldType, "_count");

    readonly object _queue;

    public FasterLogQuiescence(PartitionJournal journal) => _queue = s_queue.GetValue(s_log.GetValue(journal))!;

    /// <summary>Waits until no FasterLog work is left on the thread pool.</summary>
    public void Wait()
    {
        var spin = default(SpinWait);
        while ((int)s_count.GetValue(_queue)! > 0)
        {
            spin.SpinOnce();
        }
    }

    static FieldInfo Field(Type type, string name) =>
        type.GetField(name, Private) ?? throw new MissingFieldException(type.FullName, name);
}
