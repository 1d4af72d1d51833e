using System.Buffers;
using System.Text.Json;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Ingest.Access;
using CartRecovery.Engine.Ingest.Limits;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Problems;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Events;

/// <summary>Sends the events that a request of a shop's server amounts to. They count, and are limited, like those sent to <c>/v1/events</c>.</summary>
sealed class ServerEvents(IngestOptions ingest, TimeProvider time)
{
    /// <summary>Sends an event, and waits until it is durable and decided on.</summary>
    /// <param name="context">The request.</param>
    /// <param name="caller">The caller.</param>
    /// <param name="type">The event's type.</param>
    /// <param name="id">The event's id: one that counted before changes nothing; <see langword="null"/> for a new one.</param>
    /// <param name="at">When it happened; <see langword="null"/> for now.</param>
    /// <param name="writeFields">Writes the other fields.</param>
    /// <returns>Whether the id had counted before.</returns>
    /// <exception cref="ProblemException">The event was rejected, there were too many, or it was not durable in time.</exception>
    public Task<bool> SendAsync(HttpContext context, Caller caller, EventType type, string? id, DateTimeOffset? at, Action<Utf8JsonWriter> writeFields) =>
        SendAsync(context, caller, [new ServerEvent(type, id, at, writeFields)]);

    /// <summary>Sends events, and waits until they are durable and decided on. If one is invalid, none is sent.</summary>
    /// <param name="context">The request.</param>
    /// <param name="caller">The caller.</param>
    /// <param name="events">The events; few.</param>
    /// <returns>Whether all their ids had counted before.</returns>
    /// <exception cref="ProblemException">An event was rejected, there were too many, or they were not durable in time.</exception>
    public async Task<bool> SendAsync(HttpContext context, Caller caller, IReadOnlyList<ServerEvent> events)
    {
        var meter = ingest.Rates.MeterOf(context.Connection.RemoteIpAddress, caller.Key);
        if (meter?.CheckDebt() is { } debt)
        {
            RateLimitHeaders.Write(context.Response, meter.States(), debt);
            throw new ProblemException(RateLimits.Exceeded);
        }

        var usage = ingest.Usage?.OfKey(caller.Key);
        if (usage?.Exceeded is { } quota)
        {
            // The exception's handler clears headers that are set before it.
            var seconds = QuotaProblem.RetryAfter(ingest.Usage!, quota);
            context.Response.OnStarting(() =>
            {
                context.Response.Headers.RetryAfter = seconds;
                return Task.CompletedTask;
            });
            throw new ProblemException(QuotaProblem.Exceeded);
        }

        var json = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartArray();
            foreach (var (type, id, at, writeFields) in events)
            {
                writer.WriteStartObject();
                writer.WriteString("id"u8, id ?? Guid.NewGuid().ToString("n"));
                writer.WriteString("type"u8, EventTypes.NameOf(type));
                writer.WriteNumber("ts"u8, (at ?? time.GetUtcNow()).ToUnixTimeMilliseconds());
                writeFields(writer);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        var client = new Client(caller.Key, context.Connection.RemoteIpAddress);
        if (events.Count > 1 && ProblemOf(ingest.RulesFor(client), json.WrittenSpan, events.Count) is { IsError: true } invalid)
        {
            throw new ProblemException(EventsRoutes.ProblemOf(invalid));
        }

        var source = new RequestSource(ingest, client);
        meter?.Add(events.Count, json.WrittenCount);
        usage?.Add(events.Count);
        meter?.ChargeWithoutWaiting();
        await source.SubmitAsync(json.WrittenSpan, context.RequestAborted);
        if (!await source.WaitAsync(context.RequestAborted))
        {
            throw new ProblemException(ApiProblems.NotDurable);
        }

        return source.Rejected is [(_, var problem), ..] ? throw new ProblemException(EventsRoutes.ProblemOf(problem)) : source.Duplicates >= events.Count;
    }

    // Decodes all events before one is submitted: a rejected event must not leave the others of its request durable.
    EventProblem ProblemOf(EventRules rules, ReadOnlySpan<byte> json, int count)
    {
        if (count > ingest.MaxBatch)
        {
            return new EventProblem(EventErrorCode.BatchTooLarge, "the request amounts to more events than limits.batch; split it");
        }

        var (decoder, position, receivedAt) = (new JsonEventDecoder(rules with { Devices = null }), 1, time.GetUtcNow().ToUnixTimeMilliseconds());
        for (; count > 0; count--, position++)
        {
            // After each event, a comma or the end of the array.
            if (decoder.Decode(json, ref position, receivedAt) is { IsError: true } problem)
            {
                return problem;
            }
        }

        return default;
    }
}
