using System.Globalization;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Monitoring.Collection;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Monitoring;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Monitoring;

/// <summary>Prometheus' remote write and OpenTelemetry's metrics over HTTP.</summary>
static class PushRoutes
{
    const string Version2 = "io.prometheus.write.v2.Request", Version1 = "prometheus.WriteRequest";

    static readonly HttpProblem s_invalid = new(400, "invalid_samples", "The body is not what its content type says.");
    static readonly HttpProblem s_refused = new(400, "samples_refused", "Some samples were refused; the others were taken.");

    static readonly HttpProblem s_writeType = new(415, "unsupported_media_type",
        $"Send remote write as application/x-protobuf with Content-Encoding: snappy, and proto={Version1} or {Version2}.");

    static readonly HttpProblem s_otlpType = new(415, "unsupported_media_type", "Send OTLP as application/x-protobuf or application/json, with Content-Encoding: gzip or without.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1").WithTags(ApiTags.Monitoring).RequireAuthorization(AccessPolicies.Monitoring)
            .WithMetadata(new RequiredPermission(Permission.MonitoringWrite), new OperationsRoute());
        group.MapPost("/write", WriteAsync)
            .Describe("writeMetrics", "Write samples", "Prometheus' remote write, versions 1.0 and 2.0. Samples of a series come in order; what is refused is not to be sent again.")
            .Produces(StatusCodes.Status204NoContent).Problems(s_invalid, s_refused, s_writeType, MetricRoutes.Unavailable);
        group.MapPost("/otlp/v1/metrics", WriteOtlpAsync)
            .Describe("writeOtlpMetrics", "Write metrics by OTLP", "OpenTelemetry's metrics over HTTP, as Protocol Buffers or JSON, of cumulative or delta temporality. The answer says how many points were refused.")
            .Media("application/x-protobuf").Problems(s_invalid, s_otlpType, MetricRoutes.Unavailable);
    }

    static async Task WriteAsync(HttpContext context, MetricMonitor monitor)
    {
        var history = monitor.History ?? throw new ProblemException(MetricRoutes.Unavailable);
        var type = context.Request.ContentType ?? "";
        var parts = type.Split(';', StringSplitOptions.TrimEntries);
        var schema = parts.Skip(1).FirstOrDefault(part => part.StartsWith("proto=", StringComparison.Ordinal))?["proto=".Length..].Trim('"') ?? Version1;
        if (!parts[0].Equals("application/x-protobuf", StringComparison.OrdinalIgnoreCase) || schema is not (Version1 or Version2)
            || !context.Request.Headers.ContentEncoding.ToString().Equals("snappy", StringComparison.OrdinalIgnoreCase))
        {
            throw new ProblemException(s_writeType);
        }

        var intake = new SampleIntake(history);
        var body = await BodyAsync(context);
        try
        {
            RemoteWrite.Read(body, schema == Version2, intake);
        }
        catch (FormatException e)
        {
            throw new ProblemException(s_invalid with { Detail = $"{e.Message}." });
        }
        finally
        {
            context.Response.Headers["X-Prometheus-Remote-Write-Samples-Written"] = intake.Written.ToString(CultureInfo.InvariantCulture);
            context.Response.Headers["X-Prometheus-Remote-Write-Histograms-Written"] = "0";
            context.Response.Headers["X-Prometheus-Remote-Write-Exemplars-Written"] = "0";
        }

        if (intake.Problem is { } problem)
        {
            throw new ProblemException(s_refused with { Detail = $"{intake.Refused} samples were refused, {intake.Written} taken: {problem}." });
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    static async Task WriteOtlpAsync(HttpContext context, MetricMonitor monitor)
    {
        var history = monitor.History ?? throw new ProblemException(MetricRoutes.Unavailable);
        var type = (context.Request.ContentType ?? "").Split(';')[0].Trim();
        var isJson = type.Equals("application/json", StringComparison.OrdinalIgnoreCase);
        if (!isJson && !type.Equals("application/x-protobuf", StringComparison.OrdinalIgnoreCase))
        {
            throw new ProblemException(s_otlpType);
        }

        var intake = new SampleIntake(history, monitor.Deltas);
        var body = await BodyAsync(context);
        try
        {
            OtlpMetrics.Read(isJson ? OtlpJson.ToProtobuf(body) : body, intake);
        }
        catch (FormatException e)
        {
            throw new ProblemException(s_invalid with { Detail = $"{e.Message}." });
        }

        await ResponseWriter.BytesAsync(context, StatusCodes.Status200OK, isJson ? "application/json" : "application/x-protobuf", isJson ? JsonAnswer(intake) : Answer(intake));
    }

    static byte[] JsonAnswer(SampleIntake intake)
    {
        using var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            if (intake.Problem is { } problem)
            {
                json.WriteStartObject("partialSuccess");
                json.WriteString("rejectedDataPoints", intake.Refused.ToString(CultureInfo.InvariantCulture));
                json.WriteString("errorMessage", problem);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return body.ToArray();
    }

    // ExportMetricsServiceResponse { partial_success = 1 { rejected_data_points = 1, error_message = 2 } }
    static byte[] Answer(SampleIntake intake)
    {
        if (intake.Problem is not { } problem)
        {
            return [];
        }

        var text = Encoding.UTF8.GetBytes(problem.Length > 500 ? problem[..500] : problem);
        byte[] partial = [8, .. Varint(intake.Refused), 18, .. Varint(text.Length), .. text];
        return [10, .. Varint(partial.Length), .. partial];
    }

    static byte[] Varint(int value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return [.. bytes];
    }

    // Within the server's limit of a body.
    static async Task<byte[]> BodyAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        var isPacked = context.Request.Headers.ContentEncoding.ToString().Equals("gzip", StringComparison.OrdinalIgnoreCase);
        try
        {
            await using var source = isPacked ? new System.IO.Compression.GZipStream(context.Request.Body, System.IO.Compression.CompressionMode.Decompress, leaveOpen: true) : context.Request.Body;
            var buffer = new byte[64 << 10];
            for (int read; (read = await source.ReadAsync(buffer, context.RequestAborted)) > 0;)
            {
                body.Write(buffer, 0, read);
                if (body.Length > RemoteWrite.MaxBytes)
                {
                    throw new ProblemException(ApiProblems.TooLarge);
                }
            }
        }
        catch (InvalidDataException e)
        {
            throw new ProblemException(s_invalid with { Detail = $"The body is not compressed as it says: {e.Message}" });
        }

        return body.ToArray();
    }
}
