namespace CartRecovery.Contracts;

/// <summary>HTTP headers: a map from names to values. The values are secrets, because an API key is usual among them.</summary>
public sealed class HeadersOption : OptionType
{
    const string TokenCharacters = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    internal HeadersOption()
    {
    }

    /// <inheritdoc/>
    public override string Name => "map";

    /// <inheritdoc/>
    public override string Form => "a map from HTTP header names to values of printable ASCII";

    /// <inheritdoc/>
    public override bool IsSecret => true;

    internal override Type ValueType => typeof(IReadOnlyDictionary<string, Secret>);

    internal override object? Read(OptionValue value)
    {
        if (value.Map is not { } map)
        {
            return null;
        }

        var headers = new Dictionary<string, Secret>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, text) in map)
        {
            var isHeader = name.Length > 0 && name.AsSpan().IndexOfAnyExcept(TokenCharacters) < 0 && text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0;
            if (!isHeader || !headers.TryAdd(name, new Secret(text)))
            {
                return null;
            }
        }

        return headers;
    }
}
