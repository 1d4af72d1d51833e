using System.Collections;
using System.Reflection;
using CartRecovery.Engine.Journal;
using FASTER.core;

namespace CartRecovery.Tests.Simulation;

/// <summary>
/// FasterLog ends its commits, and deletes segments, on the thread pool. Waiting for that makes a simulation go the same way each time.
/// </summary>
sealed class FasterQuiet
{
    const BindingFlags Private = BindingFlags.Instance | BindingFlags.NonPublic;

    static readonly FieldInfo s_log = Field(typeof(PartitionJournal), "_log");
    static readonly FieldInfo s_queue = Field(typeof(FasterLog), "commitQueue");
    static readonly FieldInfo s_count = Field(s_queue.FieldType, "_count");
    static readonly FieldInfo s_requests = Field(typeof(FasterLog), "ongoingCommitRequests");

    readonly object _queue;
    readonly ICollection _requests;

    public FasterQuiet(PartitionJournal journal)
    {
        var log = s_log.GetValue(journal)!;
        _queue = s_queue.GetValue(log)!;
        _requests = (ICollection)s_requests.GetValue(log)!;
    }

    /// <summary>Commits that were begun and have not ended.</summary>
    public int Commits => _requests.Count;

    public void Wait()
    {
        var spin = default(SpinWait);
        while ((int)s_count.GetValue(_queue)! > 0) spin.SpinOnce();
    }

    static FieldInfo Field(Type type, string name) =>
        type.GetField(name, Private) ?? throw new MissingFieldException(type.FullName, name);
}
