namespace CartRecovery.Engine.ControlPlane.Keys;

/// <summary>
/// A pattern of web origins that may use a key: one origin (<c>https://shop.example</c>), one host on any port (<c>http://localhost:*</c>), or all (<c>*</c>).
/// </summary>
/// <param name="Pattern">The pattern as configured.</param>
public readonly record struct AllowedOrigin(string Pattern)
{
    /// <summary>Returns whether pages of an origin are allowed.</summary>
    /// <param name="origin">The request's <c>Origin</c> header.</param>
    public bool Allows(string origin)
    {
        // Browsers send no empty header.
        if (origin.Length == 0)
        {
            return false;
        }

        if (Pattern == "*" || string.Equals(Pattern, origin, StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        if (!Pattern.EndsWith(":*", StringComparison.Ordinal))
        {
            return false;
        }

        var host = Pattern.AsSpan(0, Pattern.Length - 2);
        if (!origin.StartsWith(host, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var port = origin.AsSpan(host.Length);
        return port.IsEmpty || (port.Length > 1 && port[0] == ':' && !port[1..].ContainsAnyExceptInRange('0', '9'));
    }
}
