using System.Text.Json;
using CartRecovery.Host.Composition;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api;

/// <summary><c>GET /health</c>: 200 while the engine does its job, 503 when it cannot; the state of each part either way.</summary>
static class HealthApi
{
    public static async Task GetAsync(HttpContext context, EngineHost host)
    {
        var sinks = await host.Sinks.CheckHealthAsync(context.RequestAborted);
        var down = host.Fault is not null;
        var sheds = host.Partitions.JournalProblem is not null;
        var isFine = !sheds && host.Journeys.Problem is null && host.ReloadProblem is null && host.Partitions.CheckpointProblem is null && sinks.All(s => s.Health.Healthy);
        // A sink that is down costs its interventions, not the events; a journal that cannot be written costs the events.
        var status = down ? "down" : isFine ? "ok" : "degraded";
        await Answer.JsonAsync(context, down || sheds ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("status"u8, status);
            writer.WriteStartObject("parts"u8);
            for (var i = 0; i < host.Partitions.Count; i++)
            {
                var partition = host.Partitions[i];
                writer.WriteStartObject($"partition-{i}");
                writer.WriteString("status"u8, partition.Fault is null ? "ok" : "down");
                if (partition.Fault is { } fault)
                {
                    writer.WriteString("detail"u8, fault.Message);
                }

                writer.WriteNumber("queueDepth"u8, partition.Inbox.Depth);
                writer.WriteEndObject();
            }

            WriteJournal(writer, host);

            writer.WriteStartObject("model"u8);
            writer.WriteString("status"u8, "ok"u8);
            writer.WriteString("detail"u8, host.Model.Id);
            writer.WriteString("evaluator"u8, host.Model.Evaluator);
            writer.WriteEndObject();
            foreach (var sink in sinks)
            {
                writer.WriteStartObject($"sink-{sink.Name}");
                writer.WriteString("status"u8, sink.Health.Healthy ? "ok" : "down");
                writer.WriteString("detail"u8, sink.Health.Detail);
                writer.WriteString("circuit"u8, EngineMetrics.NameOf(sink.State.Circuit));
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        });
    }

    static void WriteJournal(Utf8JsonWriter writer, EngineHost host)
    {
        Part("journal", host.Config.Journal.Enabled ? host.Partitions.JournalProblem : null, host.Config.Journal.Enabled ? "written" : "not enabled");
        Part("deadletters", host.DeadLetterQueue.IsFailing ? "dead letters cannot be written; those refused meanwhile are lost and counted" : null, "kept");
        Part("checkpoints", host.Partitions.CheckpointProblem, host.Config.Journal.Enabled ? "made" : "not enabled");

        Part("outreach", host.Journeys.Problem, $"{host.Journeys.Depth} waiting");
        Part("campaigns", host.ReloadProblem, $"{host.Setup.Campaigns.Count} in force");

        void Part(string name, string? problem, string fine)
        {
            writer.WriteStartObject(name);
            writer.WriteString("status"u8, problem is null ? "ok" : "degraded");
            writer.WriteString("detail"u8, problem ?? fine);
            writer.WriteEndObject();
        }
    }
}
