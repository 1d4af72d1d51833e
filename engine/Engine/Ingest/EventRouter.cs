using System.Diagnostics;
using System.Text.Unicode;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.MessagePack;
using CartRecovery.Engine.Ingest.Connections;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Pipeline;

namespace CartRecovery.Engine.Ingest;

/// <summary>Receives rejected events.</summary>
public interface IRejectedEvents
{
    /// <summary>Handles a rejected event.</summary>
    /// <param name="index">Its index among all events of its source, from 0.</param>
    /// <param name="problem">The reason.</param>
    void OnRejected(long index, EventProblem problem);
}

/// <summary>Routes one source's events to the partitions: decodes messages and distributes events into one slab per partition.
/// <see cref="SubmitAsync"/> hands over everything gathered by a read at once. One thread at a time.</summary>
public sealed class EventRouter
{
    // Below this many bytes per event, no array can exceed the batch limit, so counting its elements is unnecessary.
    const int MinEventBytes = 40;

    readonly PartitionSet _partitions;
    readonly EventRules _rules;
    readonly EventBuilder _event;
    readonly JsonEventDecoder _json;
    readonly MessagePackEventDecoder _messagePack;
    readonly IEventSource _source;
    readonly IRejectedEvents _rejected;
    readonly IngestCounters _counters;
    readonly Protocol _protocol;
    readonly ActivityContext _request;
    readonly DeadLetterQueue? _deadLetters;
    readonly int _maxBatch;
    readonly EventSlab?[] _open;
    readonly List<(int Partition, EventSlab Slab)> _sealed = [];
    long _taken;
    long _counted;
    long _receivedAt;
    long _receivedTicks;
    long _watermark;
    bool _isShedding;

    /// <param name="partitions">Receives the events.</param>
    /// <param name="rules">The rules for the sender's events.</param>
    /// <param name="maxBatch">Maximum number of events in an array.</param>
    /// <param name="protocol">The protocol they arrive by.</param>
    /// <param name="counters">Counts events.</param>
    /// <param name="source">Notified when events are processed.</param>
    /// <param name="rejected">Receives rejected events.</param>
    /// <param name="deadLetters">Stores rejected events; null to discard them.</param>
    public EventRouter(
        PartitionSet partitions, EventRules rules, int maxBatch, Protocol protocol, IngestCounters counters, IEventSource source,
        IRejectedEvents rejected, DeadLetterQueue? deadLetters = null)
    {
        _partitions = partitions;
        _rules = rules;
        _event = new EventBuilder(rules);
        _json = new JsonEventDecoder(_event);
        _messagePack = new MessagePackEventDecoder(_event);
        _maxBatch = maxBatch;
        _protocol = protocol;
        // A stream's request lasts as long as the stream, so its batches do not belong to that span.
        _request = protocol == Protocol.Http && Activity.Current is { } request ? request.Context : default;
        _counters = counters;
        _source = source;
        _rejected = rejected;
        _deadLetters = deadLetters;
        _open = new EventSlab?[partitions.Count];
        Progress = new AckProgress(partitions.Count);
    }

    /// <summary>Per-partition progress of submitted slabs.</summary>
    public AckProgress Progress { get; }

    /// <summary>Number of events taken, including rejected ones.</summary>
    public long Taken => _taken;

    /// <summary>Whether to submit before reading more.</summary>
    public bool IsFull => _sealed.Count > 0;

    /// <summary>Sets the arrival time of the bytes that follow to now: one clock read per socket read.</summary>
    public void BeginRead() => BeginRead(_partitions.Clock.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>Sets the arrival time of the bytes that follow. Everything taken before must have been submitted.</summary>
    /// <param name="receivedAt">Milliseconds since 1970 UTC.</param>
    public void BeginRead(long receivedAt)
    {
        _receivedAt = receivedAt;
        _receivedTicks = _partitions.Clock.GetTimestamp();
        // Never later than the arrival, also if the clock was set back.
        _watermark = Math.Min(Math.Max(_watermark, _partitions.Watermark.Now), receivedAt);
        _isShedding = _partitions.JournalProblem is not null;
    }

    /// <summary>Takes a JSON message: one event, or an array of events.</summary>
    /// <param name="json">The whole message, in UTF-8.</param>
    /// <param name="isValidUtf8"><see langword="true"/> if the caller has already validated the UTF-8.</param>
    public void TakeJson(ReadOnlySpan<byte> json, bool isValidUtf8 = false)
    {
        if (!isValidUtf8 && !Utf8.IsValid(json))
        {
            Reject(new EventProblem(EventErrorCode.InvalidUtf8, "the message is not valid UTF-8"), json);
            return;
        }

        var start = JsonTokens.SkipSpace(json, 0);
        if (start < json.Length && json[start] == '[')
        {
            TakeArray(json, start + 1);
        }
        else
        {
            KeepJson(_json.Decode(json, _receivedAt), json, json);
        }
    }

    /// <summary>Takes a MessagePack message: one event, or an array of events.</summary>
    /// <param name="message">The whole message.</param>
    public void TakeMessagePack(ReadOnlySpan<byte> message)
    {
        var head = new MessagePackReader(message);
        var isArray = head.Read() == MessagePackKind.Array;
        if (isArray && head.Count > _maxBatch)
        {
            RejectMessagePack(TooLarge, message);
            return;
        }

        var position = isArray ? head.Position : 0;
        for (var left = isArray ? head.Count : 1; left > 0; left--)
        {
            var start = position;
            var problem = _messagePack.Decode(message, ref position, _receivedAt);
            if (problem.Error == EventErrorCode.InvalidMessagePack || (!isArray && position != message.Length))
            {
                RejectMessagePack(MessagePackEventDecoder.Broken, message[start..]);
                return;
            }

            if (!TryKeep(ref problem, message))
            {
                RejectMessagePack(problem, message[start..position]);
            }
        }

        if (position != message.Length)
        {
            RejectMessagePack(MessagePackEventDecoder.Broken, message[position..]);
        }
    }

    /// <summary>Counts a rejected event and stores it as a dead letter.</summary>
    /// <param name="problem">The reason.</param>
    /// <param name="raw">Its bytes.</param>
    /// <param name="isTruncated">Whether <paramref name="raw"/> is only the beginning.</param>
    public void Reject(EventProblem problem, ReadOnlySpan<byte> raw, bool isTruncated = false)
    {
        _counters.AddRejected(problem.Error);
        _deadLetters?.Add(problem, raw, isTruncated, _receivedAt, _rules, IngestCounters.NameOf(_protocol), _source.ConnectionId);
        _rejected.OnRejected(_taken++, problem);
    }

    /// <summary>Submits the gathered events, waiting for lagging partitions. This is where backpressure begins.</summary>
    public ValueTask SubmitAsync(CancellationToken cancellationToken)
    {
        _counters.AddReceived(_protocol, _taken - _counted);
        _counted = _taken;
        _partitions.Watermark.Raise(_watermark, _receivedAt);
        for (var partition = 0; partition < _open.Length; partition++)
        {
            Seal(partition);
        }

        Progress.BeginSubmit(_sealed);
        Progress.EndSubmit(_taken);
        for (var i = 0; i < _sealed.Count; i++)
        {
            var (partition, slab) = _sealed[i];
            if (!_partitions[partition].Inbox.TryEnqueue(slab))
            {
                return SubmitSlowAsync(i, cancellationToken);
            }
        }

        _sealed.Clear();
        return ValueTask.CompletedTask;
    }

    async ValueTask SubmitSlowAsync(int from, CancellationToken cancellationToken)
    {
        for (var i = from; i < _sealed.Count; i++)
        {
            await _partitions[_sealed[i].Partition].Inbox.EnqueueAsync(_sealed[i].Slab, cancellationToken);
        }

        _sealed.Clear();
    }

    void TakeArray(ReadOnlySpan<byte> json, int position)
    {
        position = JsonTokens.SkipSpace(json, position);
        if (json.Length > _maxBatch * MinEventBytes && HasMoreThan(_maxBatch, json, position))
        {
            Reject(TooLarge, json);
            return;
        }

        var isOpen = position == json.Length || json[position] != ']';
        for (var count = 1; isOpen; count++)
        {
            var start = position;
            if (count > _maxBatch)
            {
                Reject(TooLarge, json[start..]);
                return;
            }

            var problem = _json.Decode(json, ref position, _receivedAt);
            KeepJson(problem, json[start..(problem.Error == EventErrorCode.InvalidJson ? json.Length : position)], json);
            if (problem.Error == EventErrorCode.InvalidJson)
            {
                return;
            }

            position = JsonTokens.SkipSpace(json, position);
            isOpen = position < json.Length && json[position] == ',';
            if (isOpen)
            {
                position = JsonTokens.SkipSpace(json, position + 1);
            }
        }

        if (position == json.Length || json[position] != ']' || JsonTokens.SkipSpace(json, position + 1) < json.Length)
        {
            Reject(JsonEventDecoder.Malformed, json[position..]);
        }
    }

    static EventProblem TooLarge => new(EventErrorCode.BatchTooLarge, "the batch exceeds limits.batch; split it");

    // False for malformed JSON, whose elements cannot be counted.
    static bool HasMoreThan(int most, ReadOnlySpan<byte> json, int position)
    {
        for (var count = 1; ; count++)
        {
            position = JsonSyntax.EndOfValue(json, position, JsonSyntax.MaxDepth - 1);
            position = position == JsonSyntax.None ? json.Length : JsonTokens.SkipSpace(json, position);
            if (position == json.Length || json[position] != ',')
            {
                return count > most && position < json.Length && json[position] == ']';
            }

            position = JsonTokens.SkipSpace(json, position + 1);
        }
    }

    void KeepJson(EventProblem problem, ReadOnlySpan<byte> raw, ReadOnlySpan<byte> message)
    {
        if (!TryKeep(ref problem, message))
        {
            Reject(problem, raw);
        }
    }

    // Dead letters are viewed and repaired as JSON; what JSON cannot express is kept as received.
    void RejectMessagePack(EventProblem problem, ReadOnlySpan<byte> raw)
    {
        var json = new TextBuffer();
        var isJson = _deadLetters is not null && DeadLetterQueue.Keeps(problem.Error) && MessagePackJson.TryWriteWhole(raw, json);
        Reject(problem, isJson ? json.Text : raw);
    }

    // Returns false, with the problem, for a rejected event.
    bool TryKeep(ref EventProblem problem, ReadOnlySpan<byte> message)
    {
        if (_isShedding && !problem.IsError)
        {
            problem = new EventProblem(EventErrorCode.Overloaded, "the engine cannot store events now; retry later");
        }

        if (problem.IsError)
        {
            return false;
        }

        ref readonly var record = ref _event.Record;
        var home = _partitions.IndexOf(record.Cart);
        var slab = SlabFor(home, record.TextLength);
        ref var kept = ref _event.AppendTo(slab, message);
        kept.Watermark = _watermark = Math.Max(_watermark, Math.Min(record.Timestamp, _receivedAt));

        // Every partition keeps its own copy of customers' histories: orders are rare, and no partition ever waits for another.
        if (_open.Length > 1 && record.UserLength != 0 && EventTypes.Has(record.Type, EventTraits.ChangesHistory))
        {
            for (var other = 0; other < _open.Length; other++)
            {
                if (other != home)
                {
                    SlabFor(other, record.IdsLength).AppendCopy(kept, slab);
                }
            }
        }

        // Incremented last: a slab sealed to make room for this event must not cover it.
        _taken++;
        return true;
    }

    EventSlab SlabFor(int partition, int textLength)
    {
        if (_open[partition] is { } open && !open.HasRoom(textLength))
        {
            Seal(partition);
        }

        if (_open[partition] is not { } slab)
        {
            slab = _open[partition] = _partitions.Slabs.Rent();
            slab.Source = _source;
            slab.Request = _request;
            slab.ReceivedAt = _receivedAt;
            slab.ReceivedTicks = _receivedTicks;
        }

        return slab;
    }

    void Seal(int partition)
    {
        if (_open[partition] is { } slab)
        {
            slab.UpTo = _taken;
            _sealed.Add((partition, slab));
            _open[partition] = null;
        }
    }
}
