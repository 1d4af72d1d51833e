using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Pipeline.Erasure;

namespace CartRecovery.Engine.Pipeline;

/// <content>Erases people.</content>
public sealed partial class PartitionProcessor
{
    PartitionErasureRequest? _erasure;

    /// <summary>Erases people: journals it, ends their records, and then, in steps between batches, overwrites what memory has of them.</summary>
    internal void Erase(PartitionErasureRequest request)
    {
        EndBatch();
        _erasure?.Fail(new InvalidOperationException("another erasure has begun"));
        var address = _journal?.TailAddress ?? 0;
        request.Begin(address);
        foreach (var entry in request.Entries)
        {
            if (_journal is not null)
            {
                _output.Append(EntryKind.Erasure, entry.ToBytes());
            }

            request.Add(entry, _state.Stages.Erase(entry));
        }

        _erasure = request;
        PublishBatch();
        Commit();
    }

    void StepErasure()
    {
        if (_erasure?.TryStep(_state.Stages.Stores, _checkpoints) == true)
        {
            _erasure = null;
        }
    }
}
