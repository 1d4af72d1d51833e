using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>Calls the HTTP API and checks what every response must have.</summary>
static class ApiClient
{
    public static Task<ApiAnswer> GetAsync(this InProcessEngine engine, string path, string? key = InProcessEngine.Secret, params (string, string)[] headers) =>
        AskAsync(engine, HttpMethod.Get, path, content: null, key, headers);

    public static Task<ApiAnswer> PostAsync(
        this InProcessEngine engine, string path, string body, string? key = InProcessEngine.Secret, params (string, string)[] headers) =>
        PostAsync(engine, path, EventJson.Utf8(body), key, headers);

    public static Task<ApiAnswer> PostAsync(
        this InProcessEngine engine, string path, byte[] body, string? key = InProcessEngine.Secret, params (string, string)[] headers)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return AskAsync(engine, HttpMethod.Post, path, content, key, headers);
    }

    public static async Task<ApiAnswer> AskAsync(
        this InProcessEngine engine, HttpMethod method, string path, HttpContent? content, string? key, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = content;
        if (key is not null)
        {
            request.Headers.Add("X-Api-Key", key);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var plain = new HttpClient { BaseAddress = engine.Http.BaseAddress, Timeout = engine.Http.Timeout };
        using var response = await plain.SendAsync(request);
        var all = response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase);
        var answer = new ApiAnswer(response.StatusCode, await response.Content.ReadAsStringAsync(), all);
        if (answer.Body.Length > 0 && (int)response.StatusCode >= 400 && all.GetValueOrDefault("Content-Type") == "application/problem+json")
        {
            Assert.That(answer.Json.GetProperty("status").GetInt32(), Is.EqualTo((int)response.StatusCode));
            Assert.That(answer.Json.GetProperty("title").GetString(), Is.Not.Empty.And.Not.EqualTo("Error"));
            Assert.That(answer.Json.GetProperty("detail").GetString(), Is.Not.Empty);
        }

        (await ApiContract.OfAsync(engine)).Check(method, path.Split('?')[0], answer);

        return answer;
    }
}

/// <summary>A response.</summary>
sealed record ApiAnswer(HttpStatusCode Status, string Body, IReadOnlyDictionary<string, string> Headers)
{
    public JsonElement Json
    {
        get
        {
            using var document = JsonDocument.Parse(Body);
            return document.RootElement.Clone();
        }
    }

    /// <summary>The status and the problem's code; null for a response that is not a problem.</summary>
    public (int Status, string? Code) Problem =>
        ((int)Status, Body.Length > 0 && Headers.GetValueOrDefault("Content-Type") == "application/problem+json" ? Json.GetProperty("code").GetString() : null);

    /// <summary>The accepted and rejected counts, and the errors' indexes and codes.</summary>
    public (long Accepted, long Rejected, string Errors) Taken => (
        Json.GetProperty("accepted").GetInt64(), Json.GetProperty("rejected").GetInt64(),
        string.Join(' ', Json.GetProperty("errors").EnumerateArray().Select(e => $"{e.GetProperty("index").GetInt64()}:{e.GetProperty("code").GetString()}")));
}
