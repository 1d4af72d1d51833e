using CartRecovery.Engine.Decisions;
using CartRecovery.Engine.Encryption;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Pipeline.Commit;
using CartRecovery.Engine.Pipeline.Erasure;

namespace CartRecovery.Engine.Pipeline.Recovery;

/// <summary>
/// Rebuilds a partition's state from its journal, entry by entry. An entry after a batch's events shows that the batch was decided: it is
/// folded without scoring, and its decisions come from the journal whatever the configuration says now. Only the last batch may lack its
/// decisions after a crash; it is decided again.
/// </summary>
public sealed class JournalReplayer
{
    readonly PartitionState _state;
    readonly Handover _handover;
    readonly Func<ReadOnlyMemory<byte>, CampaignSet?>? _readCampaigns;
    readonly EventBlockReader _blocks;
    readonly SlabPool _slabs;
    readonly KeyVault? _keys;
    readonly List<Decision> _decisions = [];
    byte[] _batch = [];
    int _batchLength;
    EntryKind _batchKind;
    bool _isLegacy;

    /// <param name="state">The state to rebuild.</param>
    /// <param name="handover">Receives what readers must still be given of an earlier format.</param>
    /// <param name="blocks">Decodes blocks of events.</param>
    /// <param name="slabs">Provides slabs.</param>
    /// <param name="readCampaigns">Compiles campaigns that the journal recorded; null to use the current ones.</param>
    /// <param name="keys">Decrypt what the fold reads; null if nothing is encrypted.</param>
    internal JournalReplayer(PartitionState state, Handover handover, EventBlockReader blocks, SlabPool slabs,
        Func<ReadOnlyMemory<byte>, CampaignSet?>? readCampaigns = null, KeyVault? keys = null)
    {
        _keys = keys;
        _readCampaigns = readCampaigns;
        _state = state;
        _handover = handover;
        _blocks = blocks;
        _slabs = slabs;
    }

    /// <summary>Number of events folded so far.</summary>
    public long Events { get; private set; }

    /// <summary>When the latest events were received (ms since 1970 UTC); 0 if there were none.</summary>
    public long ReceivedAt { get; private set; }

    /// <summary>Replays the next entry.</summary>
    /// <exception cref="InvalidDataException">The entry is complete but its content is invalid.</exception>
    public void Play(in JournalEntry entry)
    {
        switch (entry.Kind)
        {
            case EntryKind.Events or EntryKind.Tick:
                EndBatch(isDecided: true);
                _state.Stages.CustomerEvents.Clear();
                Keep(entry);
                break;
            case EntryKind.Decisions or EntryKind.LegacyDecisions:
                _decisions.AddRange(JournalPayload.ReadDecisions(entry, out var isLast));
                if (isLast)
                {
                    EndBatch(isDecided: true);
                }

                break;
            case EntryKind.CustomerEvents:
                EndBatch(isDecided: true);
                if (EntryPayload.IsLast(entry.Payload.Span))
                {
                    _state.Stages.CustomerEvents.Clear();
                }

                break;
            case EntryKind.LegacyPersisted:
                EndBatch(isDecided: true);
                _handover.Remove(LegacyDecisions.ReadKeys(entry.Payload.Span));
                break;
            case EntryKind.UndeliveredDecisions or EntryKind.PersonKeys:
                EndBatch(isDecided: true);
                break;
            case EntryKind.Configuration:
                EndBatch(isDecided: true);
                if (_readCampaigns?.Invoke(entry.Payload.ToArray()) is { } campaigns)
                {
                    _state.Stages.UseRecorded(campaigns);
                }

                break;
            case EntryKind.WindowRelease:
                EndBatch(isDecided: true);
                _state.Stages.Release(WindowRelease.Read(entry.Payload.Span));
                break;
            case EntryKind.Erasure:
                EndBatch(isDecided: true);
                _state.Stages.Erase(ErasureEntry.Read(entry.Payload.Span));
                break;
            default:
                throw new InvalidDataException($"The journal has an entry of unknown kind {(int)entry.Kind}.");
        }
    }

    /// <summary>
    /// Ends the replay: decides the last batch if the journal has no decisions for it. What the journal lacks of that batch is left in the
    /// stages.
    /// </summary>
    public void Finish()
    {
        EndBatch(isDecided: false);
        _state.Stages.UseRecorded(null);
    }

    void Keep(in JournalEntry entry)
    {
        if (_batch.Length < entry.Payload.Length)
        {
            _batch = new byte[entry.Payload.Length * 2];
        }

        entry.Payload.Span.CopyTo(_batch);
        _batchLength = entry.Payload.Length;
        _batchKind = entry.Kind;
        _isLegacy = entry.Version == 1;
    }

    void EndBatch(bool isDecided)
    {
        var kind = _batchKind;
        _batchKind = EntryKind.None;
        switch (kind)
        {
            case EntryKind.Events:
                _state.Stages.FollowsWatermark = _isLegacy;
                Fold(isDecided);
                _state.Stages.FollowsWatermark = false;
                break;
            case EntryKind.Tick:
                _state.Stages.Tick(JournalPayload.ReadTick(_batch.AsSpan(0, _batchLength)), isDecided);
                break;
        }

        if (_isLegacy)
        {
            _handover.Take(_state.Stages.CustomerEvents, int.MaxValue);
            if (isDecided)
            {
                _handover.Add(_decisions);
            }
        }

        if (isDecided)
        {
            _decisions.ForEach(_state.Stages.Claim);
        }
        else
        {
            _state.Stages.Decide();
        }

        _decisions.Clear();
    }

    void Fold(bool isDecided)
    {
        _blocks.Open(_batch.AsSpan(0, _batchLength));
        for (var slab = _slabs.Rent(); ; slab = _slabs.Rent())
        {
            var isThere = _blocks.TryRead(slab);
            if (isThere)
            {
                Fold(slab, isDecided);
            }

            _slabs.Return(slab);
            if (!isThere)
            {
                return;
            }
        }
    }

    void Fold(EventSlab slab, bool isDecided)
    {
        ReceivedAt = Math.Max(ReceivedAt, slab.ReceivedAt);
        Events += slab.Count;
        OpenItems(slab);
        _state.Dedup.MarkDuplicates(slab);
        _state.Stages.Process(slab, isDecided);
    }

    // The fold reads items and orders. The texts themselves stay encrypted, as they may be written again.
    void OpenItems(EventSlab slab)
    {
        if (_keys is null)
        {
            return;
        }

        foreach (ref readonly var e in slab.Records.AsSpan(0, slab.Count))
        {
            if (EventTypes.Has(e.Type, EventTraits.TakesItems) && SealedBytes.Is(slab.MetaOf(e)) && EventSealer.Open(_keys, slab, e) is { } meta)
            {
                slab.AddPlainMeta(e, meta);
            }
        }
    }
}
