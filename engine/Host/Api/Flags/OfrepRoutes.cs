using System.Buffers;
using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Flags;

/// <summary>
/// Routes of <c>/ofrep/v1/evaluate/flags</c>: the OpenFeature Remote Evaluation Protocol 0.1, for unmodified providers of OpenFeature's SDKs.
/// </summary>
static class OfrepRoutes
{
    const string NotFound = "FLAG_NOT_FOUND", Json = "application/json";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/ofrep/v1/evaluate/flags").WithTags(ApiTags.Ofrep).RequireAuthorization(AccessPolicies.Flags).RequireCors(KeyOrigins.OfKey);
        group.MapPost("/{key}", EvaluateAsync)
            .Describe("evaluateFlag", "Evaluate a feature flag",
                "The value of one flag for a context. A publishable key evaluates only flags that are visible to clients, by the attributes of the context. In an experiment, the subject is exposed.")
            .Accepts<OfrepRequest>(Json).WithMetadata(new ChangesNothing()).Produces<OfrepSuccess>()
            .Produces<OfrepFailure>(StatusCodes.Status400BadRequest).Produces<OfrepFailure>(StatusCodes.Status404NotFound).Problems(ApiProblems.NotFound, ApiProblems.Overloaded);
        group.MapPost("", EvaluateAllAsync)
            .Describe("evaluateFlags", "Evaluate all feature flags",
                "The values of all flags that the key may evaluate. The ETag covers the flags and the context: with `If-None-Match`, the answer is 304 if no value has changed. "
                + "In an experiment, nobody is exposed: evaluate the flag alone when its value is shown.")
            .Accepts<OfrepRequest>(Json).WithMetadata(new ChangesNothing()).Produces<OfrepBulkSuccess>().Produces(StatusCodes.Status304NotModified)
            .Produces<OfrepBulkFailure>(StatusCodes.Status400BadRequest).Problems(ApiProblems.Overloaded);
    }

    static async Task EvaluateAsync([Description("The flag's key.")] string key, HttpContext context, Caller caller, FlagEvaluations evaluations)
    {
        using var body = await RequestBody.ReadAsync(context);
        var (document, code, details) = OfrepContext.Read(body.Bytes, out var said);
        using var _ = document;
        if (code is not null)
        {
            await ResponseWriter.JsonAsync(context, StatusCodes.Status400BadRequest, writer => FlagEvaluations.WriteFailure(writer, key, code, details!));
            return;
        }

        if (evaluations.Find(caller, key) is not { } flag)
        {
            // The same answer as for a flag that is not visible to clients.
            await ResponseWriter.JsonAsync(context, StatusCodes.Status404NotFound,
                writer => FlagEvaluations.WriteFailure(writer, key, NotFound, "The store has no such flag, or it is not visible to clients."));
            return;
        }

        var subject = await evaluations.SubjectOf(caller, said, [flag], context.RequestAborted);
        var hasValue = false;
        var answer = Write(writer => hasValue = evaluations.Write(writer, flag, caller, subject, isExposed: true));
        await ResponseWriter.BytesAsync(context, hasValue ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest, Json, answer.WrittenMemory);
    }

    static async Task EvaluateAllAsync(HttpContext context, Caller caller, FlagEvaluations evaluations)
    {
        using var body = await RequestBody.ReadAsync(context);
        var (document, code, details) = OfrepContext.Read(body.Bytes, out var said);
        using var _ = document;
        if (code is not null)
        {
            await ResponseWriter.JsonAsync(context, StatusCodes.Status400BadRequest, writer => FlagEvaluations.WriteFailure(writer, key: null, code, details!));
            return;
        }

        var all = evaluations.AllFor(caller);
        var subject = await evaluations.SubjectOf(caller, said, all, context.RequestAborted);
        var answer = Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("flags"u8);
            foreach (var flag in all)
            {
                // A page's provider asks for all flags at its start and at each poll, whether or not the page shows them.
                evaluations.Write(writer, flag, caller, subject, isExposed: false);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
        var tag = TagOf(body.Bytes.Span, answer.WrittenSpan);
        context.Response.Headers.ETag = tag;

        // A shared cache must not serve one subject's values to another.
        context.Response.Headers.CacheControl = "private, no-cache";
        if (context.Request.GetTypedHeaders().IfNoneMatch.Any(one => one.Tag == tag || one.Tag == "*"))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        await ResponseWriter.BytesAsync(context, StatusCodes.Status200OK, Json, answer.WrittenMemory);
    }

    static ArrayBufferWriter<byte> Write(Action<Utf8JsonWriter> write)
    {
        var answer = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(answer);
        write(writer);
        writer.Flush();
        return answer;
    }

    // Hashes the context and the answer, which contains the flags' versions and everything else that it depends on.
    static string TagOf(ReadOnlySpan<byte> context, ReadOnlySpan<byte> answer)
    {
        var hash = Hash128.Of(answer, seed: Hash128.Of(context, seed: 0).Low);
        return string.Create(CultureInfo.InvariantCulture, $"\"{hash.High:x16}{hash.Low:x16}\"");
    }
}
