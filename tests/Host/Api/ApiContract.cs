using System.Text.Json;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>The OpenAPI document as a contract: every response in a test must match it.</summary>
sealed class ApiContract
{
    const string ProblemType = "application/problem+json";

    static readonly Lock s_gate = new();
    static Task<ApiContract>? s_contract;

    ApiContract(JsonElement document) => Document = document;

    /// <summary>The document.</summary>
    public JsonElement Document { get; }

    /// <summary>The document's operations.</summary>
    public IEnumerable<(string Method, string Path, JsonElement Operation)> Operations =>
        from path in Document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        select (operation.Name.ToUpperInvariant(), path.Name, operation.Value);

    /// <summary>The contract, identical for every engine.</summary>
    public static Task<ApiContract> OfAsync(InProcessEngine engine)
    {
        lock (s_gate)
        {
            return s_contract is { IsFaulted: false } loaded ? loaded : s_contract = LoadAsync(engine);
        }
    }

    /// <summary>The members of an element's array; empty if absent.</summary>
    public static JsonElement[] Each(JsonElement element, string name) => element.TryGetProperty(name, out var array) ? [.. array.EnumerateArray()] : [];

    /// <summary>Fails for a response whose status, problem code or body the document does not declare.</summary>
    public void Check(HttpMethod method, string path, ApiAnswer answer)
    {
        var status = (int)answer.Status;
        if (status is 404 or 405 or 415 && answer.Problem.Code is "not_found" or "method_not_allowed" or "unsupported_media_type")
        {
            return;
        }

        var found = Operations.Where(o => o.Method == (method == HttpMethod.Head ? "GET" : method.Method) && IsOf(o.Path, path)).OrderBy(o => o.Path.Count(c => c == '{')).FirstOrDefault();
        if (found.Path is null)
        {
            return;
        }

        var name = $"{method} {found.Path} {status}";
        Assert.That(found.Operation.GetProperty("responses").TryGetProperty($"{status}", out var response), Is.True, $"{name}: the status is documented");
        if (answer.Body.Length == 0 || !response.TryGetProperty("content", out var contents))
        {
            return;
        }

        var media = answer.Headers["Content-Type"].Split(';')[0];
        Assert.That(contents.TryGetProperty(media, out var content), Is.True, $"{name}: {media} is documented");
        if (media == ProblemType)
        {
            Assert.That(content.GetProperty("examples").EnumerateObject().Select(e => e.Name), Does.Contain(answer.Problem.Code), $"{name}: the code is documented");
        }

        if (media.EndsWith("json", StringComparison.Ordinal) && media != "application/x-ndjson")
        {
            Check(answer.Json, content.GetProperty("schema"), name);
        }
    }

    /// <summary>A schema with its reference resolved.</summary>
    public JsonElement Resolve(JsonElement schema) => schema.TryGetProperty("$ref", out var reference)
        ? Document.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1]) : schema;

    void Check(JsonElement value, JsonElement schema, string place)
    {
        if (schema.TryGetProperty("oneOf", out var choices))
        {
            if (value.ValueKind != JsonValueKind.Null)
            {
                Check(value, choices.EnumerateArray().First(c => c.TryGetProperty("$ref", out _)), place);
            }

            return;
        }

        schema = Resolve(schema);
        if (schema.TryGetProperty("type", out var type))
        {
            var types = type.ValueKind == JsonValueKind.Array ? [.. type.EnumerateArray().Select(t => t.GetString()!)] : new[] { type.GetString()! };
            Assert.That(types, Does.Contain(TypeOf(value)).Or.Contain(TypeOf(value) == "integer" ? "number" : ""), $"{place}: {value.GetRawText()}");
        }

        if (value.ValueKind == JsonValueKind.String && schema.TryGetProperty("format", out var format) && format.GetString() == "date-time")
        {
            Assert.That(value.GetString(), Does.EndWith("Z"), $"{place}: a time is in UTC");
        }

        if (value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out var items))
        {
            foreach (var item in value.EnumerateArray())
            {
                Check(item, items, place + "[]");
            }
        }

        if (value.ValueKind == JsonValueKind.Object && schema.TryGetProperty("properties", out var properties))
        {
            var names = value.EnumerateObject().Select(p => p.Name).ToArray();
            Assert.That(names, Is.SubsetOf(properties.EnumerateObject().Select(p => p.Name)), $"{place}: every property is documented");
            if (schema.TryGetProperty("required", out var required))
            {
                Assert.That(required.EnumerateArray().Select(r => r.GetString()), Is.SubsetOf(names), $"{place}: every required property is present");
            }

            foreach (var property in value.EnumerateObject())
            {
                Check(property.Value, properties.GetProperty(property.Name), $"{place}.{property.Name}");
            }
        }
    }

    static string TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => value.TryGetInt64(out _) ? "integer" : "number",
        JsonValueKind.Null => "null",
        _ => "boolean",
    };

    static bool IsOf(string template, string path)
    {
        var (parts, given) = (template.Split('/'), path.Split('/'));
        return parts.Length == given.Length && parts.Zip(given).All(p => p.First == p.Second || (p.First.StartsWith('{') && p.Second.Length > 0 && p.Second != "definitions"));
    }

    static async Task<ApiContract> LoadAsync(InProcessEngine engine)
    {
        // Created at the first request, which includes JIT compilation.
        using var patient = new HttpClient { BaseAddress = engine.Http.BaseAddress, Timeout = TimeSpan.FromMinutes(3) };
        using var document = JsonDocument.Parse(await patient.GetStringAsync("/openapi/v1.json"));
        return new ApiContract(document.RootElement.Clone());
    }
}
