using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Pipeline.Erasure;

namespace CartRecovery.Engine.Pipeline;

/// <content>Erases people.</content>
public sealed partial class PartitionProcessor
{
    PartitionErasureRequest? _erasure;

    /// <summary>Erases a person: journals it, ends their records, and then, in steps between batches, overwrites what memory has of them.</summary>
    internal void Erase(PartitionErasureRequest request)
    {
        EndBatch();
        _erasure?.Fail(new InvalidOperationException("another erasure has begun"));
        var address = _journal?.TailAddress ?? 0;
        if (_journal is not null)
        {
            _output.Append(EntryKind.Erasure, request.Entry.ToBytes());
        }

        request.Begin(_state.Stages.Erase(request.Entry), address);
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
