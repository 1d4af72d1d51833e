using System.Text.Json;

namespace CartRecovery.Engine.ControlPlane.Federation;

/// <summary>The claims of a JSON Web Token (RFC 7519).</summary>
/// <param name="Json">The claims set, an object.</param>
public sealed record JwtClaims(JsonElement Json)
{
    // The year 9999, in seconds since 1970.
    const double MaxTime = 253_402_300_799;

    /// <summary>Parses a payload.</summary>
    /// <returns><see langword="null"/> if it is not a JSON object, or has a duplicate name.</returns>
    public static JwtClaims? Read(byte[] payload) => Jws.ReadObject(payload) is { } json ? new JwtClaims(json) : null;

    /// <summary>Returns a text claim; <see langword="null"/> if it is absent or not a text.</summary>
    public string? Text(string name) => Json.TryGetProperty(name, out var value) ? TextOf(value) : null;

    /// <summary>Returns whether a claim is true.</summary>
    public bool IsTrue(string name) => Json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    /// <summary>Returns the texts of a claim that is a text or a list.</summary>
    public IReadOnlyList<string> Texts(string name) => Json.TryGetProperty(name, out var value) ? TextsOf(value) : [];

    /// <summary>
    /// Returns the texts of a claim. A path such as <c>realm_access.roles</c> names a nested claim, or else one whose name has the dots.
    /// The values of <c>scope</c> and <c>scp</c> are split at spaces (RFC 8693, section 4.2).
    /// </summary>
    public IReadOnlyList<string> Words(string path)
    {
        var names = path.Split('.');
        if (!TryGet(path, out var value))
        {
            return [];
        }

        return names[^1] is "scope" or "scp" && value.ValueKind == JsonValueKind.String
            ? [.. (TextOf(value) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)] : TextsOf(value);
    }

    /// <summary>Returns whether there is a claim, by the path of <see cref="Words"/>.</summary>
    public bool Has(string path) => TryGet(path, out _);

    /// <summary>Reads a claim that is a time, in seconds since 1970.</summary>
    /// <returns><see langword="false"/> if the claim is present and is not a time.</returns>
    public bool TryTime(string name, out DateTimeOffset? time)
    {
        time = null;
        if (!Json.TryGetProperty(name, out var value))
        {
            return true;
        }

        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var seconds) || seconds is < 0 or > MaxTime)
        {
            return false;
        }

        time = DateTimeOffset.UnixEpoch.AddSeconds(seconds);
        return true;
    }

    bool TryGet(string path, out JsonElement value)
    {
        value = Json;
        foreach (var name in path.Split('.'))
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(name, out value))
            {
                return Json.TryGetProperty(path, out value);
            }
        }

        return true;
    }

    static IReadOnlyList<string> TextsOf(JsonElement value) => value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(TextOf).OfType<string>()]
        : TextOf(value) is { } text ? [text] : [];

    static string? TextOf(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // An unpaired surrogate.
            return null;
        }
    }
}
