using System.Buffers.Binary;
using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using CartRecovery.Engine.Models;
using CartRecovery.Engine.Scoring;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Health;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace CartRecovery.Host.Api.Inference;

/// <summary>Routes of <c>/v2</c>: the Open Inference Protocol v2 over HTTP, for unmodified clients of KServe and Triton.</summary>
static class InferenceRoutes
{
    const string NameHelp = "The model.", VersionHelp = "The version: the hash, of which six digits suffice, or an alias.";
    const string Header = "Inference-Header-Content-Length", Json = "application/json", Bytes = "application/octet-stream";

    // The largest request: rows of all features as JSON.
    const long MaxBody = 8 << 20;

    // Characters of a request's text in an answer.
    const int MaxEcho = 80;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var open = routes.MapGroup("/v2").WithTags(ApiTags.Inference).AllowAnonymous();
        open.MapGet("", () => TypedResults.Ok(new InferenceServer("cartrecovery", BuildVersion.Number, ["binary_tensor_data"])))
            .Describe("getInferenceServer", "Get the inference server", "Name, version and extensions, by the Open Inference Protocol v2.");
        open.MapGet("/health/live", () => TypedResults.Ok(new InferenceLive(Live: true))).Describe("getInferenceLive", "Check liveness for inference", "200 while the process answers.");
        open.MapGet("/health/ready", Ready).Describe("getInferenceReady", "Check readiness for inference", "200 while the engine works; 400 while it is stopping or has failed.")
            .Produces<InferenceReady>(StatusCodes.Status400BadRequest);

        var group = routes.ForServers("/v2/models/{name}", ApiTags.Inference).WithMetadata(new RequiredPermission("predictions:read"));
        Describe(group.MapGet("", ModelAsync), "Model", "the champion");
        Describe(group.MapGet("/versions/{version}", VersionAsync), "ModelVersion", "a version");
        DescribeReady(group.MapGet("/ready", ModelReadyAsync), "Model", "the champion");
        DescribeReady(group.MapGet("/versions/{version}/ready", VersionReadyAsync), "ModelVersion", "a version");
        DescribeInfer(group.MapPost("/infer", InferAsync), "", "the champion");
        DescribeInfer(group.MapPost("/versions/{version}/infer", InferVersionAsync), "Version", "a version");
    }

    static void Describe(RouteHandlerBuilder route, string suffix, string which) =>
        route.Describe($"getInference{suffix}", $"Get {which} for inference", "Inputs and outputs, by the Open Inference Protocol v2.")
            .Produces<InferenceModel>().Produces<InferenceFailure>(StatusCodes.Status404NotFound).Produces<InferenceFailure>(StatusCodes.Status400BadRequest).Problems(ApiProblems.NotFound);

    static void DescribeReady(RouteHandlerBuilder route, string suffix, string which) =>
        route.Describe($"getInference{suffix}Ready", $"Check whether {which} is ready", "200 for the champion and for loaded versions, 400 for others: `POST /v1/models/{id}/load`.")
            .Produces<InferenceReady>().Produces<InferenceFailure>(StatusCodes.Status404NotFound).Produces<InferenceReady>(StatusCodes.Status400BadRequest).Problems(ApiProblems.NotFound);

    static void DescribeInfer(RouteHandlerBuilder route, string suffix, string which) => route.Describe($"infer{suffix}", $"Score rows with {which}", """
            Scores up to 16,384 rows. Give the model's input, [rows, features], or an input per feature, [rows]; FP32, FP64 or INT64, as JSON or binary.
            Errors are `{"error": "code: text"}`.
            """)
        .Accepts<InferenceBodies>(Json, Bytes).WithMetadata(new ChangesNothing(), new BodyLimit(MaxBody))
        .Produces<InferenceResult>().Produces<InferenceFailure>(StatusCodes.Status404NotFound).Produces<InferenceFailure>(StatusCodes.Status400BadRequest).Problems(ApiProblems.NotFound);

    static Results<Ok<InferenceReady>, JsonHttpResult<InferenceReady>> Ready(HealthReport health, IHostApplicationLifetime lifetime) =>
        health.AcceptsEvents && !lifetime.ApplicationStopping.IsCancellationRequested ? TypedResults.Ok(new InferenceReady(Ready: true))
            : TypedResults.Json(new InferenceReady(Ready: false), ApiJson.Default.InferenceReady, statusCode: StatusCodes.Status400BadRequest);

    static Task ModelAsync([Description(NameHelp)] string name, HttpContext context, IModelControl models, LoadedModels loaded) =>
        GuardAsync(context, () => DescribeAsync(name, version: null, context, models, loaded));

    static Task VersionAsync(
        [Description(NameHelp)] string name, [Description(VersionHelp)] string version, HttpContext context, IModelControl models, LoadedModels loaded) =>
        GuardAsync(context, () => DescribeAsync(name, version, context, models, loaded));

    static Task ModelReadyAsync([Description(NameHelp)] string name, HttpContext context, IModelControl models, LoadedModels loaded) =>
        GuardAsync(context, () => ReadyAsync(name, version: null, context, models, loaded));

    static Task VersionReadyAsync(
        [Description(NameHelp)] string name, [Description(VersionHelp)] string version, HttpContext context, IModelControl models, LoadedModels loaded) =>
        GuardAsync(context, () => ReadyAsync(name, version, context, models, loaded));

    static Task InferAsync([Description(NameHelp)] string name, HttpContext context, IModelControl models, LoadedModels loaded) =>
        GuardAsync(context, () => ScoreAsync(name, version: null, context, models, loaded));

    static Task InferVersionAsync(
        [Description(NameHelp)] string name, [Description(VersionHelp)] string version, HttpContext context, IModelControl models, LoadedModels loaded) =>
        GuardAsync(context, () => ScoreAsync(name, version, context, models, loaded));

    // The protocol's errors have a form of their own.
    static async Task GuardAsync(HttpContext context, Func<Task> handle)
    {
        try
        {
            await handle();
        }
        catch (InferenceException e)
        {
            await FailAsync(context, e.Status, e.Code, e.Message);
        }
        catch (ModelRegistryException e)
        {
            var isUnknown = e.Code is ModelRegistryException.NotFound or ModelRegistryException.InvalidId;
            await FailAsync(
                context, isUnknown ? StatusCodes.Status404NotFound : StatusCodes.Status400BadRequest, isUnknown ? InferenceException.NotFound : e.Code, e.Message);
        }
        catch (ModelException e)
        {
            await FailAsync(context, StatusCodes.Status400BadRequest, e.Code, e.Message);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            await FailAsync(context, StatusCodes.Status413PayloadTooLarge, InferenceException.BodyTooLarge, $"a request has at most {MaxBody >> 20} MB.");
        }
    }

    static Task FailAsync(HttpContext context, int status, string code, string message) => ResponseWriter.JsonAsync(context, status, writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("error"u8, $"{code}: {message}");
        writer.WriteEndObject();
    });

    static async Task DescribeAsync(string name, string? version, HttpContext context, IModelControl models, LoadedModels loaded)
    {
        using var target = InferenceTarget.Find(name, version, models, loaded);
        string[] versions = [.. models.ModelRegistry.List(name).Where(known => known.Problem is null).Select(known => InferenceTarget.VersionOf(known.Id))];
        await ResponseWriter.JsonAsync(context, StatusCodes.Status200OK, writer => JsonSerializer.Serialize(
            writer, new InferenceModel(name, versions, "onnx_onnxv1", [target.Input], [target.Output]), ApiJson.Default.InferenceModel));
    }

    static async Task ReadyAsync(string name, string? version, HttpContext context, IModelControl models, LoadedModels loaded)
    {
        using var target = InferenceTarget.Find(name, version, models, loaded);
        var isReady = target.Lease is not null;
        await ResponseWriter.JsonAsync(context, isReady ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest,
            writer => JsonSerializer.Serialize(writer, new InferenceReady(isReady, name), ApiJson.Default.InferenceReady));
    }

    static async Task ScoreAsync(string name, string? version, HttpContext context, IModelControl models, LoadedModels loaded)
    {
        using var target = InferenceTarget.Find(name, version, models, loaded);
        var lease = target.Lease ?? throw new InferenceException(StatusCodes.Status400BadRequest, InferenceException.NotLoaded,
            $"{target.Name}@{target.Version} is not loaded. Load it with POST /v1/models/{target.Name}@{target.Version}/load.");
        var request = new InferenceRequest(target.Input.Name, target.Features);
        using (var body = await RequestBody.ReadAsync(context))
        {
            request.Read(body.Bytes, HeaderOf(context));
        }

        var outputs = request.Outputs ?? [(target.Output.Name, request.IsBinary)];
        if (outputs.FirstOrDefault(output => output.Name != target.Output.Name) is { Name: { } unknown })
        {
            throw new InferenceException(StatusCodes.Status400BadRequest, InferenceException.UnknownOutput,
                $"there is no output '{(unknown.Length <= MaxEcho ? unknown : $"{unknown[..MaxEcho]}…")}'; expected '{target.Output.Name}'.");
        }

        var scores = new float[request.Count];
        lease.Predictor.Score(request.Rows, scores);
        await AnswerAsync(context, target, request.Id, outputs, scores);
    }

    static async Task AnswerAsync(HttpContext context, InferenceTarget target, string? id, IReadOnlyList<(string Name, bool IsBinary)> outputs, float[] scores)
    {
        var body = new System.Buffers.ArrayBufferWriter<byte>(256 + (scores.Length * 12));
        using (var writer = new Utf8JsonWriter(body))
        {
            writer.WriteStartObject();
            writer.WriteString("model_name"u8, target.Name);
            writer.WriteString("model_version"u8, target.Version);
            if (id is not null)
            {
                writer.WriteString("id"u8, id);
            }

            writer.WriteStartArray("outputs"u8);
            foreach (var output in outputs)
            {
                Write(writer, output, target.Output, scores);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        var binaries = outputs.Count(output => output.IsBinary);
        if (binaries > 0)
        {
            context.Response.Headers[Header] = body.WrittenCount.ToString(CultureInfo.InvariantCulture);
            for (var i = 0; i < binaries; i++)
            {
                foreach (var score in scores)
                {
                    BinaryPrimitives.WriteSingleLittleEndian(body.GetSpan(sizeof(float)), score);
                    body.Advance(sizeof(float));
                }
            }
        }

        await ResponseWriter.BytesAsync(context, StatusCodes.Status200OK, binaries > 0 ? Bytes : Json, body.WrittenMemory);
    }

    static void Write(Utf8JsonWriter writer, (string Name, bool IsBinary) output, ModelTensor tensor, float[] scores)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, output.Name);
        writer.WriteString("datatype"u8, tensor.Datatype);
        writer.WriteStartArray("shape"u8);
        writer.WriteNumberValue(scores.Length);
        if (tensor.Shape.Count > 1)
        {
            writer.WriteNumberValue(1);
        }

        writer.WriteEndArray();
        if (output.IsBinary)
        {
            writer.WriteStartObject("parameters"u8);
            writer.WriteNumber("binary_data_size"u8, scores.Length * sizeof(float));
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteStartArray("data"u8);
            foreach (var score in scores)
            {
                writer.WriteNumberValue(score);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    static int? HeaderOf(HttpContext context) => context.Request.Headers[Header].ToString() is not { Length: > 0 } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length
        : throw new InferenceException(StatusCodes.Status400BadRequest, InferenceException.Invalid, $"{Header}: expected a number of bytes.");

    sealed record BodyLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;
}
