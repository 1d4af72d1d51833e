using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api;

/// <summary><c>GET /health</c>: 200 while the engine does its job, 503 when it cannot; the state of each part either way.</summary>
static class HealthApi
{
    public static async Task GetAsync(HttpContext context, EngineHost host)
    {
        var sinks = await host.Sinks.CheckHealthAsync(context.RequestAborted);
        var down = host.Fault is not null;
        // A sink that is down costs its interventions, not the events.
        var status = down ? "down" : sinks.All(s => s.Health.Healthy) ? "ok" : "degraded";
        await Answer.JsonAsync(context, down ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK, writer =>
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

            writer.WriteStartObject("model"u8);
            writer.WriteString("status"u8, "ok"u8);
            writer.WriteString("detail"u8, host.Model.Id);
            writer.WriteEndObject();
            foreach (var sink in sinks)
            {
                writer.WriteStartObject($"sink-{sink.Name}");
                writer.WriteString("status"u8, sink.Health.Healthy ? "ok" : "down");
                writer.WriteString("detail"u8, sink.Health.Detail);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        });
    }
}
