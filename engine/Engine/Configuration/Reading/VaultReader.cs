using System.Net;
using System.Text.Json;
using CartRecovery.Engine.Configuration.Security;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>
/// Reads secrets from HashiCorp Vault's KV engine, version 2, over HTTP. One request for a path and load, however many fields are read of it. Answers are
/// bounded in size and time; redirections, which would take the token elsewhere, are not followed.
/// </summary>
/// <param name="config">Vault.</param>
/// <param name="proxy">The proxy for other machines; <see langword="null"/> for the environment's.</param>
sealed class VaultReader(VaultConfig config, IWebProxy? proxy = null) : IDisposable
{
    // Of a secret with many fields. Vault's own limit for an entry is 1 MB.
    const int MaxAnswer = 1 << 20;

    readonly Dictionary<string, (JsonElement? Data, string? Problem)> _read = new(StringComparer.Ordinal);
    readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, Proxy = new DirectOnLoopback(proxy ?? HttpClient.DefaultProxy) })
    {
        Timeout = config.Timeout.Value,
        MaxResponseContentBufferSize = MaxAnswer,
    };

    /// <summary>Returns whether an address may be asked: https, or http on this machine.</summary>
    public static bool IsAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out var address) && address.UserInfo.Length == 0
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback));

    /// <summary>Reads a field.</summary>
    /// <param name="source">The path and the field: <c>shop/mail#password</c>.</param>
    /// <returns>The secret, or why there is none.</returns>
    public (string? Secret, string? Problem) Read(string source)
    {
        if (source.Split('#') is not [{ Length: > 0 } path, { Length: > 0 } field])
        {
            return (null, "expected PATH#FIELD, such as shop/mail#password");
        }

        if (!_read.TryGetValue(path, out var entry))
        {
            _read[path] = entry = Fetch(path);
        }

        return entry.Data is not { } data ? (null, entry.Problem)
            : data.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String ? (value.GetString(), null)
            : (null, $"Vault's secret '{path}' has no text '{field}'");
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    (JsonElement? Data, string? Problem) Fetch(string path)
    {
        if (!IsAddress(config.Address))
        {
            return (null, "secrets.vault.address must be an https address (http on this machine alone)");
        }

        var names = string.Join('/', path.Trim('/').Split('/').Select(Uri.EscapeDataString));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{config.Address.TrimEnd('/')}/v1/{config.Mount.Trim('/')}/data/{names}");
        request.Headers.TryAddWithoutValidation("X-Vault-Token", config.Token);
        request.Headers.TryAddWithoutValidation("X-Vault-Request", "true");
        if (config.Namespace is { } name)
        {
            request.Headers.TryAddWithoutValidation("X-Vault-Namespace", name);
        }

        try
        {
            using var answer = _http.Send(request);
            return answer.StatusCode switch
            {
                HttpStatusCode.OK => DataOf(answer.Content.ReadAsStream(), path),
                HttpStatusCode.Forbidden => (null, $"Vault refuses its token '{path}' (403)"),
                HttpStatusCode.NotFound => (null, $"Vault has no secret '{path}' in the engine '{config.Mount}' (404)"),
                HttpStatusCode.ServiceUnavailable => (null, "Vault is sealed (503)"),
                var status => (null, $"Vault answers {(int)status}"),
            };
        }
        catch (TaskCanceledException)
        {
            return (null, $"Vault does not answer within {config.Timeout}");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or InvalidOperationException or UriFormatException)
        {
            return (null, $"Vault cannot be asked: {e.Message}");
        }
    }

    static (JsonElement? Data, string? Problem) DataOf(Stream body, string path)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("data", out var outer) && outer.ValueKind == JsonValueKind.Object
                && outer.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object ? (data.Clone(), null) : (null, $"Vault's secret '{path}' was deleted, or its engine is not KV version 2");
        }
        catch (JsonException)
        {
            return (null, "Vault's answer is not JSON");
        }
    }
}
