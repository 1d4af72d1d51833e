using System.Diagnostics;
using System.Text.Json;
using System.Text.Unicode;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.MessagePack;
using CartRecovery.Engine.Ingest.Connections;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Pipeline;

namespace CartRecovery.Engine.Ingest;

/// <summary>Is told of events that cannot be used.</summary>
public interface IRejectedEvents
{
    /// <summary>An event was refused.</summary>
    /// <param name="index">Its place among all events of its source, from 0.</param>
    /// <param name="problem">Why.</param>
    void OnRejected(long index, EventProblem problem);
}

/// <summary>
/// One source's way into the partitions: decodes its messages and deals the events out into a slab for each partition. One thread at a
/// time. What a read brought is handed over in one go, by <see cref="SubmitAsync"/>.
/// </summary>
public sealed class EventRouter
{
    // Below this many bytes no array can hold more events than a batch may, whatever is in it that deserves an acknowledgement.
    const int SmallestEvent = 40;

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

    /// <param name="partitions">Where events go.</param>
    /// <param name="rules">What its sender is held to.</param>
    /// <param name="maxBatch">Events in an array at the most.</param>
    /// <param name="protocol">The way they come in by.</param>
    /// <param name="counters">Counts them.</param>
    /// <param name="source">Is told when they are done.</param>
    /// <param name="rejected">Is told of those that cannot be used.</param>
    /// <param name="deadLetters">Keeps those; null for nobody.</param>
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
        // A stream's request lasts as long as the stream: its batches are not parts of it.
        _request = protocol == Protocol.Http && Activity.Current is { } request ? request.Context : default;
        _counters = counters;
        _source = source;
        _rejected = rejected;
        _deadLetters = deadLetters;
        _open = new EventSlab?[partitions.Count];
        Progress = new AckProgress(partitions.Count);
    }

    /// <summary>How far the partitions have come with what was submitted.</summary>
    public AckProgress Progress { get; }

    /// <summary>Events taken so far, the refused ones among them.</summary>
    public long Taken => _taken;

    /// <summary>Enough is gathered that it should be submitted before more is read.</summary>
    public bool IsFull => _sealed.Count > 0;

    /// <summary>Says when the bytes were read that come next: one look at the clocks for a whole read.</summary>
    public void BeginRead() => BeginRead(_partitions.Clock.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>Says when the bytes were received that come next, where that is not now. What was taken before was submitted.</summary>
    /// <param name="receivedAt">Milliseconds since 1970 UTC.</param>
    public void BeginRead(long receivedAt)
    {
        _receivedAt = receivedAt;
        _receivedTicks = _partitions.Clock.GetTimestamp();
        _watermark = Math.Max(_watermark, _partitions.Watermark.Now);
        _isShedding = _partitions.JournalProblem is not null;
    }

    /// <summary>Takes a message in JSON: one event, or an array of events.</summary>
    /// <param name="json">The whole message, in UTF-8.</param>
    /// <param name="isValidUtf8">Somebody has looked already.</param>
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

    /// <summary>Takes a message in MessagePack: one event, or an array of events.</summary>
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

    /// <summary>Counts an event that cannot be used, and keeps it as a dead letter.</summary>
    /// <param name="problem">Why.</param>
    /// <param name="raw">Its bytes.</param>
    /// <param name="isTruncated">They are but its beginning.</param>
    public void Reject(EventProblem problem, ReadOnlySpan<byte> raw, bool isTruncated = false)
    {
        _counters.Rejected(problem.Error);
        _deadLetters?.Add(problem, raw, isTruncated, _receivedAt, _rules, IngestCounters.NameOf(_protocol), _source.ConnectionId);
        _rejected.OnRejected(_taken++, problem);
    }

    /// <summary>Hands over what was gathered, waiting for partitions that are behind: this is where back-pressure begins.</summary>
    public ValueTask SubmitAsync(CancellationToken cancellationToken)
    {
        _counters.Received(_protocol, _taken - _counted);
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
        if (json.Length > _maxBatch * SmallestEvent && HasMoreThan(_maxBatch, json))
        {
            Reject(TooLarge, json);
            return;
        }

        position = JsonTokens.SkipSpace(json, position);
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

    static EventProblem TooLarge => new(EventErrorCode.BatchTooLarge, "the batch has more events than limits.batch; send it in parts");

    // Of what is not JSON, nobody can say.
    static bool HasMoreThan(int most, ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        var count = 0;
        try
        {
            reader.Read();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                reader.Skip();
                count++;
            }
        }
        catch (JsonException)
        {
            return false;
        }

        return count > most;
    }

    void KeepJson(EventProblem problem, ReadOnlySpan<byte> raw, ReadOnlySpan<byte> message)
    {
        if (!TryKeep(ref problem, message))
        {
            Reject(problem, raw);
        }
    }

    // What people look at and repair is JSON; what that cannot say is kept as it came.
    void RejectMessagePack(EventProblem problem, ReadOnlySpan<byte> raw)
    {
        var json = new TextBuffer();
        var isJson = _deadLetters is not null && DeadLetterQueue.Keeps(problem.Error) && MessagePackJson.TryWriteWhole(raw, json);
        Reject(problem, isJson ? json.Text : raw);
    }

    // False, with the problem, for an event that cannot be used.
    bool TryKeep(ref EventProblem problem, ReadOnlySpan<byte> message)
    {
        if (_isShedding && !problem.IsError)
        {
            problem = new EventProblem(EventErrorCode.Overloaded, "the engine cannot store events at the moment; send it again later");
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

        // Every partition keeps the customers' histories for itself: orders are rare, and so no partition ever waits for another.
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

        // Only now: a slab that was sealed to make room for this event does not cover it.
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
