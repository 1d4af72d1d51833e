using System.Buffers;
using System.Diagnostics;
using System.Text.Unicode;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Clocks;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.MessagePack;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Ingest.Connections.Output;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Pipeline;

namespace CartRecovery.Engine.Ingest.Routing;

/// <summary>
/// Routes one source's events to the partitions: decodes messages into the slabs of a <see cref="SlabFiller"/>, counts, and rejects. One
/// thread at a time.
/// </summary>
public sealed class EventRouter
{
    // Below this many bytes per event, no array can exceed the batch limit, so counting its elements is unnecessary.
    const int MinEventBytes = 40;

    readonly EventRules _rules;
    readonly SlabFiller _filler;
    readonly IRejectedEvents _rejected;
    readonly IngestCounters _counters;
    readonly StoreCounters _ofStore;
    readonly Protocol _protocol;
    readonly DeadLetterQueue? _deadLetters;
    readonly int _maxBatch;
    long _received;
    long _counted;
    long _clamped;
    long _corrected;
    (long Clamped, long Corrected) _countedTimes;
    SenderClock? _sender;

    /// <param name="partitions">Receives the events.</param>
    /// <param name="rules">The rules for the sender's events.</param>
    /// <param name="maxBatch">Maximum number of events in an array.</param>
    /// <param name="protocol">The protocol they arrive by.</param>
    /// <param name="counters">Counts events.</param>
    /// <param name="source">Notified when events are processed.</param>
    /// <param name="rejected">Receives rejected events.</param>
    /// <param name="deadLetters">Stores rejected events; null to discard them.</param>
    /// <param name="filler">The slabs of the thread that reads the source; null for slabs of its own.</param>
    public EventRouter(
        PartitionSet partitions, EventRules rules, int maxBatch, Protocol protocol, IngestCounters counters, IEventSource source,
        IRejectedEvents rejected, DeadLetterQueue? deadLetters = null, SlabFiller? filler = null)
    {
        _rules = rules;
        _filler = filler ?? new SlabFiller(partitions);
        _maxBatch = maxBatch;
        _protocol = protocol;
        // A stream's request lasts as long as the stream, so its batches do not belong to that span.
        Request = protocol == Protocol.Http && Activity.Current is { } request ? request.Context : default;
        _counters = counters;
        _ofStore = counters.OfStore(rules.StoreNumber);
        Source = source;
        _rejected = rejected;
        _deadLetters = deadLetters;
        Progress = new AckProgress(partitions.Count);
    }

    /// <summary>Per-partition progress of submitted events.</summary>
    public AckProgress Progress { get; }

    /// <summary>Number of events received, including rejected ones.</summary>
    public long Received => _received;

    /// <summary>Number of events whose time was out of range.</summary>
    public long Clamped => _clamped;

    /// <summary>Number of events whose time was corrected by their sender's clock.</summary>
    public long Corrected => _corrected;

    /// <summary>Number of events whose <c>userId</c> was a placeholder, and so ignored.</summary>
    public long IgnoredUsers { get; private set; }

    /// <summary>Number of events whose <c>sessionId</c> was a placeholder, and so ignored.</summary>
    public long IgnoredSessions { get; private set; }

    /// <summary>The source.</summary>
    internal IEventSource Source { get; }

    /// <summary>The span of the source's HTTP request; default for none.</summary>
    internal ActivityContext Request { get; }

    /// <summary>Sets the arrival time of the bytes that follow to now. Only with slabs of its own.</summary>
    public void BeginRead() => _filler.Begin();

    /// <summary>Sets the arrival time of the bytes that follow. Only with slabs of its own.</summary>
    /// <param name="receivedAt">Milliseconds since 1970 UTC.</param>
    public void BeginRead(long receivedAt) => _filler.Begin(receivedAt);

    /// <summary>Takes a JSON message: one event, an array of events, or a <see cref="JsonBatch"/>.</summary>
    /// <param name="json">The whole message, in UTF-8.</param>
    /// <param name="isValidUtf8"><see langword="true"/> if the caller has already validated the UTF-8.</param>
    public void RouteJson(ReadOnlySpan<byte> json, bool isValidUtf8 = false)
    {
        json = JsonBatch.Unwrap(JsonBatch.WithoutMark(json), out var sentAt);
        if (!isValidUtf8 && !Utf8.IsValid(json))
        {
            Reject(new EventProblem(EventErrorCode.InvalidUtf8, "the message is not valid UTF-8"), json);
            return;
        }

        var decoders = _filler.DecodersFor(_rules, _sender, sentAt);
        var start = JsonTokens.SkipSpace(json, 0);
        if (start < json.Length && json[start] == '[')
        {
            RouteArray(decoders.Json, json, start + 1);
        }
        else
        {
            var problem = decoders.Json.Decode(json, _filler.ReceivedAt);
            var isTooDeep = problem.Error == EventErrorCode.InvalidJson && JsonSyntax.EndOfDeepValue(json, start, JsonSyntax.MaxDepth) != JsonSyntax.None;
            KeepJson(isTooDeep ? TooDeep : problem, json, json);
        }

        _sender = decoders.Event.Sender;
    }

    /// <summary>Takes a MessagePack message: one event, an array of events, or a map with such an array.</summary>
    /// <param name="message">The whole message.</param>
    public void RouteMessagePack(ReadOnlySpan<byte> message)
    {
        message = MessagePackBatch.Unwrap(message, out var sentAt);
        var decoders = _filler.DecodersFor(_rules, _sender, sentAt);
        RouteEvents(decoders.MessagePack, message);
        _sender = decoders.Event.Sender;
    }

    void RouteEvents(MessagePackEventDecoder decoder, ReadOnlySpan<byte> message)
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
            var problem = decoder.Decode(message, ref position, _filler.ReceivedAt);
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
        _ofStore.AddRejected(problem.Error);

        // A browser must not find out whether an id was a customer's, so its events are reported as accepted.
        if (problem.Error == EventErrorCode.PersonForgotten && !_rules.IsServer)
        {
            _received++;
            return;
        }

        _deadLetters?.Add(problem, raw, isTruncated, _filler.ReceivedAt, _rules, IngestCounters.NameOf(_protocol), Source.ConnectionId);
        _rejected.OnRejected(_received++, problem);
    }

    /// <summary>
    /// Counts a run's events that named a foreign cart, and stores them as dead letters. Any thread. The receiver of rejected events is
    /// notified on the same one.
    /// </summary>
    /// <inheritdoc cref="IEventSource.OnForeign"/>
    public void RejectForeign(EventSlab slab, in SourceRun run, int first, IRejectedEvents receiver)
    {
        var json = _deadLetters is null ? null : new ArrayBufferWriter<byte>(512);
        foreach (ref readonly var e in slab.Records.AsSpan(first, run.End - first))
        {
            if ((e.Flags & EventFlags.Foreign) == 0)
            {
                continue;
            }

            _counters.AddRejected(ForeignCart.Error);
            if (json is not null)
            {
                json.ResetWrittenCount();
                EventJson.Write(json, slab, e, _rules.StoreId);
                _deadLetters!.Add(ForeignCart, json.WrittenSpan, isTruncated: false, slab.ReceivedAt, _rules,
                    IngestCounters.NameOf(_protocol), Source.ConnectionId);
            }

            receiver.OnRejected(run.IndexOf(e), ForeignCart);
        }
    }

    /// <summary>Counts an event with an ignored id.</summary>
    internal void CountIgnored(bool user, bool session)
    {
        IgnoredUsers += user ? 1 : 0;
        IgnoredSessions += session ? 1 : 0;
        _counters.AddIgnored(user, session);
    }

    /// <summary>Counts an event's time.</summary>
    internal void CountTime(bool isClamped, bool isCorrected)
    {
        _clamped += isClamped ? 1 : 0;
        _corrected += isCorrected ? 1 : 0;
    }

    /// <summary>Ends the source's turn. The slabs' owner submits them.</summary>
    public void EndTurn()
    {
        _counters.AddReceived(_protocol, _received - _counted);
        _ofStore.AddReceived(_protocol, _received - _counted);
        if (Source.Bot != BotEvidence.None)
        {
            _counters.AddBots(Source.Bot, _received - _counted);
        }

        if (_countedTimes != (_clamped, _corrected))
        {
            _counters.AddTimes(_clamped - _countedTimes.Clamped, _corrected - _countedTimes.Corrected);
            _countedTimes = (_clamped, _corrected);
        }

        _counted = _received;
        _filler.EndTurn(this);
        Progress.SetReceived(_received);
    }

    /// <summary>Submits the gathered events, waiting for lagging partitions. Only with slabs of its own.</summary>
    public ValueTask SubmitAsync(CancellationToken cancellationToken)
    {
        EndTurn();
        return _filler.SubmitAsync(cancellationToken);
    }

    void RouteArray(JsonEventDecoder decoder, ReadOnlySpan<byte> json, int position)
    {
        position = JsonTokens.SkipSpace(json, position);
        if (json.Length > _maxBatch * MinEventBytes && JsonBatch.HasMoreThan(_maxBatch, json, position))
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

            var problem = decoder.Decode(json, ref position, _filler.ReceivedAt);
            if (problem.Error == EventErrorCode.InvalidJson && JsonSyntax.EndOfDeepValue(json, start, JsonSyntax.MaxDepth - 1) is var end
                && end != JsonSyntax.None)
            {
                // Its end is known: the events after it are read.
                (problem, position) = (TooDeep, end);
            }

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

    static EventProblem ForeignCart => new(EventErrorCode.ForeignCart,
        "another session began the cart; send that session's sessionId or the cart's cartSecret, or let the server name the session");

    static EventProblem TooDeep => new(EventErrorCode.InvalidEvent, "the event is nested too deeply");

    static EventProblem TooLarge => new(EventErrorCode.BatchTooLarge, "the batch exceeds limits.batch; split it");

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
        if (_filler.IsShedding && !problem.IsError)
        {
            problem = new EventProblem(EventErrorCode.Overloaded, "the engine cannot store events now; retry later");
        }

        if (problem.IsError)
        {
            return false;
        }

        _filler.Append(message, this);
        // Incremented last: a slab sealed to make room for this event must not cover it.
        _received++;
        return true;
    }
}
