using System.Text.Json;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest;
using CartRecovery.Host.Composition;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api;

/// <summary><c>POST /v1/events</c> and <c>/v1/events/batch</c>: one event, an array, or <c>{"events":[…]}</c>; and their numbers.</summary>
sealed class EventsApi(EngineHost host)
{
    // How long a client is kept waiting for a disk that does not answer.
    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    static Problem NotDurable => new(503, "not_durable",
        "The events were taken, and could not be made durable in time. Send them again with the same ids: they will count once.");

    public async Task PostAsync(HttpContext context)
    {
        if (await ApiRoutes.AdmitAsync(context, host.Stores, secretOnly: false) is not { } key)
        {
            return;
        }

        Cors.Allow(context, key);
        if (await Answer.ReadBodyAsync(context, host.Ingest.MaxMessage) is not { } body)
        {
            return;
        }

        var source = new RequestSource(host.Ingest, key);
        source.Router.BeginRead();
        source.Router.TakeJson(EventsIn(body.Span));
        await source.Router.SubmitAsync(context.RequestAborted);
        var waits = context.Request.Query["ack"] != "received";
        if (waits && !await source.WaitAsync(context.RequestAborted))
        {
            await Answer.ProblemAsync(context, NotDurable);
            return;
        }

        await AnswerAsync(context, source, waits ? StatusCodes.Status200OK : StatusCodes.Status202Accepted);
    }

    /// <summary>Takes events of the engine's own making through the front door.</summary>
    /// <returns>Whether they are durable.</returns>
    public static async Task<bool> TakeAsync(EngineHost host, StoreKey key, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        var source = new RequestSource(host.Ingest, key);
        source.Router.BeginRead();
        source.Router.TakeJson(json.Span);
        await source.Router.SubmitAsync(cancellationToken);
        return await source.WaitAsync(cancellationToken);
    }

    public async Task StatsAsync(HttpContext context)
    {
        if (await ApiRoutes.AdmitAsync(context, host.Stores, secretOnly: true) is null)
        {
            return;
        }

        await Answer.JsonAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartObject("received"u8);
            foreach (var protocol in IngestCounters.Protocols)
            {
                writer.WriteNumber(IngestCounters.NameOf(protocol), host.Counters.ReceivedBy(protocol));
            }

            writer.WriteNumber("total"u8, host.Metrics.Received);
            writer.WriteEndObject();
            writer.WriteNumber("processed"u8, host.Metrics.Processed);
            writer.WriteStartObject("rejected"u8);
            foreach (var code in Enum.GetValues<EventErrorCode>())
            {
                if (host.Counters.RejectedFor(code) is > 0 and var count)
                {
                    writer.WriteNumber(EventProblem.CodeOf(code), count);
                }
            }

            writer.WriteEndObject();
            writer.WriteNumber("carts"u8, host.Metrics.Carts);
            writer.WriteNumber("predictions"u8, host.Metrics.Predictions);
            writer.WriteNumber("connections"u8, host.Connections.Count);
            writer.WriteEndObject();
        });
    }

    // {"events":[…]} is what other tools' batch endpoints take: its array is the message.
    static ReadOnlySpan<byte> EventsIn(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        try
        {
            if (reader.Read() && reader.TokenType == JsonTokenType.StartObject && reader.Read()
                && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("events"u8)
                && reader.Read() && reader.TokenType == JsonTokenType.StartArray)
            {
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                var end = (int)reader.BytesConsumed;
                if (reader.Read() && reader.TokenType == JsonTokenType.EndObject && !reader.Read())
                {
                    return body[start..end];
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Taken as it is: the router says what is wrong with it.
        }

        return body;
    }

    static Task AnswerAsync(HttpContext context, RequestSource source, int status)
    {
        var rejected = source.Rejected;
        if (rejected.Count > 0 && rejected.Count == source.Router.Taken)
        {
            status = rejected[0].Problem.Error switch
            {
                EventErrorCode.EventTooLarge or EventErrorCode.MessageTooLarge or EventErrorCode.BatchTooLarge =>
                    StatusCodes.Status413PayloadTooLarge,
                EventErrorCode.ForeignStore => StatusCodes.Status403Forbidden,
                EventErrorCode.Overloaded => StatusCodes.Status503ServiceUnavailable,
                _ => StatusCodes.Status400BadRequest,
            };
            if (rejected.Count == 1)
            {
                return Answer.ProblemAsync(context, new Problem(status, rejected[0].Problem.Code, rejected[0].Problem.Message));
            }
        }

        return Answer.JsonAsync(context, status, writer =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("accepted"u8, source.Router.Taken - rejected.Count);
            writer.WriteNumber("rejected"u8, rejected.Count);
            writer.WriteStartArray("errors"u8);
            foreach (var (index, problem) in rejected)
            {
                writer.WriteStartObject();
                writer.WriteNumber("index"u8, index);
                writer.WriteString("code"u8, problem.Code);
                writer.WriteString("message"u8, problem.Message);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    /// <summary>One request as a source of events.</summary>
    internal sealed class RequestSource : IEventSource, IRejectedEvents
    {
        readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public RequestSource(IngestOptions setup, StoreKey key)
        {
            IsPublishable = key.Kind == KeyKind.Publishable;
            Router = new EventRouter(
                setup.Partitions, setup.RulesFor(key), setup.MaxBatch, Protocol.Http, setup.Counters, this, this, setup.DeadLetters);
        }

        // Nothing can be sent back later.
        public long ConnectionId => 0;

        public bool IsPublishable { get; }

        public EventRouter Router { get; }

        public List<(long Index, EventProblem Problem)> Rejected { get; } = [];

        public void OnRejected(long index, EventProblem problem) => Rejected.Add((index, problem));

        public void OnProcessed(int partition, long upTo)
        {
            Router.Progress.Complete(partition, upTo);
            if (Router.Progress.UpTo == Router.Taken)
            {
                _done.TrySetResult();
            }
        }

        /// <returns>False when it was not done in time.</returns>
        public async Task<bool> WaitAsync(CancellationToken cancellationToken)
        {
            if (Router.Progress.UpTo == Router.Taken)
            {
                return true;
            }

            try
            {
                await _done.Task.WaitAsync(s_patience, cancellationToken);
                return true;
            }
            catch (TimeoutException)
            {
                return false;
            }
        }
    }
}
