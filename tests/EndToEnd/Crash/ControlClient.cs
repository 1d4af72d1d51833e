using System.Text;
using System.Text.Json;

namespace CartRecovery.Tests.EndToEnd.Crash;

/// <summary>Requests that must succeed.</summary>
static class ControlClient
{
    static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    public static StringContent ContentOf(object body) => new(JsonSerializer.Serialize(body, s_json), Encoding.UTF8, "application/json");

    /// <summary>Returns the answer's JSON; nothing for an answer without a body.</summary>
    public static async Task<JsonElement> CreateAsync(HttpClient client, string path, object body)
    {
        using var content = ContentOf(body);
        using var answer = await client.PostAsync(path, content);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.That(answer.IsSuccessStatusCode, $"{path}: {text}");
        return text.Length == 0 ? default : Parse(text);
    }

    public static async Task<JsonElement> GetAsync(HttpClient client, string path) => Parse(await client.GetStringAsync(path));

    /// <summary>Returns an access token.</summary>
    public static async Task<string> SignInAsync(HttpClient client, string email, string password) =>
        (await CreateAsync(client, "/v1/auth/login", new { email, password })).GetProperty("accessToken").GetString()!;

    static JsonElement Parse(string text)
    {
        using var json = JsonDocument.Parse(text);
        return json.RootElement.Clone();
    }
}
