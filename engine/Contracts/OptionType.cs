using System.Globalization;

namespace CartRecovery.Contracts;

/// <summary>
/// The type of a sink's option. <c>check</c>, the JSON schema and the reference of options all follow from it. The types are those
/// in this file; declare an option of one with the factories of <see cref="SinkOption"/>.
/// </summary>
public abstract class OptionType
{
    private protected OptionType()
    {
    }

    /// <summary>The type's name in the reference: <c>whole number</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The accepted values; follows "expected": <c>a whole number from 1 to 65535</c>.</summary>
    public abstract string Form { get; }

    /// <summary>The value must not be shown.</summary>
    public virtual bool IsSecret => false;

    // What the getters of SinkSettings return for it.
    internal abstract Type ValueType { get; }

    /// <summary>Whether the value is of this type and in its range.</summary>
    public bool Accepts(OptionValue value) => Read(value) is not null;

    // Null if the value is not of the type.
    internal abstract object? Read(OptionValue value);

    private protected static string Range<T>(string noun, T? min, T? max)
        where T : struct =>
        (min, max) switch
        {
            (not null, not null) => string.Create(CultureInfo.InvariantCulture, $"{noun} from {min} to {max}"),
            (not null, null) => string.Create(CultureInfo.InvariantCulture, $"{noun}, {min} or more"),
            (null, not null) => string.Create(CultureInfo.InvariantCulture, $"{noun}, at most {max}"),
            _ => noun,
        };
}

/// <summary>A text that is not blank and has no control characters.</summary>
public sealed class TextOption : OptionType
{
    internal TextOption()
    {
    }

    /// <inheritdoc/>
    public override string Name => "text";

    /// <inheritdoc/>
    public override string Form => "text, neither blank nor with control characters";

    internal override Type ValueType => typeof(string);

    internal override object? Read(OptionValue value) =>
        value.Text is { } text && !string.IsNullOrWhiteSpace(text) && !text.Any(char.IsControl) ? text : null;
}

/// <summary>A whole number.</summary>
public sealed class IntegerOption : OptionType
{
    internal IntegerOption(long? min, long? max) => (Min, Max) = (min, max);

    /// <summary>The smallest value; <see langword="null"/> for no limit.</summary>
    public long? Min { get; }

    /// <summary>The largest value; <see langword="null"/> for no limit.</summary>
    public long? Max { get; }

    /// <inheritdoc/>
    public override string Name => "whole number";

    /// <inheritdoc/>
    public override string Form => Range("a whole number", Min, Max);

    internal override Type ValueType => typeof(long);

    internal override object? Read(OptionValue value) =>
        long.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        && !(number < Min) && !(number > Max) ? number : null;
}

/// <summary>A number, possibly with a fraction.</summary>
public sealed class NumberOption : OptionType
{
    internal NumberOption(double? min, double? max) => (Min, Max) = (min, max);

    /// <summary>The smallest value; <see langword="null"/> for no limit.</summary>
    public double? Min { get; }

    /// <summary>The largest value; <see langword="null"/> for no limit.</summary>
    public double? Max { get; }

    /// <inheritdoc/>
    public override string Name => "number";

    /// <inheritdoc/>
    public override string Form => Range("a number", Min, Max);

    internal override Type ValueType => typeof(double);

    internal override object? Read(OptionValue value) =>
        double.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
        && !(number < Min) && !(number > Max) ? number : null;
}

/// <summary><see langword="true"/> or <see langword="false"/>.</summary>
public sealed class BooleanOption : OptionType
{
    internal BooleanOption()
    {
    }

    /// <inheritdoc/>
    public override string Name => "true or false";

    /// <inheritdoc/>
    public override string Form => "true or false";

    internal override Type ValueType => typeof(bool);

    internal override object? Read(OptionValue value) => value.Text switch { "true" => true, "false" => false, _ => null };
}

/// <summary>A length of time, written as <see cref="DurationText"/> says.</summary>
public sealed class DurationOption : OptionType
{
    internal DurationOption(TimeSpan? min, TimeSpan? max) => (Min, Max) = (min, max);

    /// <summary>The shortest value; <see langword="null"/> for 0.</summary>
    public TimeSpan? Min { get; }

    /// <summary>The longest value; <see langword="null"/> for no limit.</summary>
    public TimeSpan? Max { get; }

    /// <inheritdoc/>
    public override string Name => "duration";

    /// <inheritdoc/>
    public override string Form => (Min, Max) switch
    {
        ({ } min, { } max) => $"a duration from {DurationText.Write(min)} to {DurationText.Write(max)}",
        ({ } min, null) => $"a duration, {DurationText.Write(min)} or longer",
        (null, { } max) => $"a duration, at most {DurationText.Write(max)}",
        _ => DurationText.Form,
    };

    internal override Type ValueType => typeof(TimeSpan);

    internal override object? Read(OptionValue value) =>
        value.Text is { } text && DurationText.TryParse(text, out var time) && !(time < Min) && !(time > Max) ? time : null;
}

/// <summary>One of a few words.</summary>
public sealed class ChoiceOption : OptionType
{
    internal ChoiceOption(IReadOnlyList<string> choices) => Choices = choices;

    /// <summary>The words.</summary>
    public IReadOnlyList<string> Choices { get; }

    /// <inheritdoc/>
    public override string Name => Form;

    /// <inheritdoc/>
    public override string Form => Choices.Count == 1 ? Choices[0] : $"{string.Join(", ", Choices.SkipLast(1))} or {Choices[^1]}";

    internal override Type ValueType => typeof(string);

    internal override object? Read(OptionValue value) => value.Text is { } text && Choices.Contains(text, StringComparer.Ordinal) ? text : null;
}

/// <summary>An absolute http or https URL without a user name or password.</summary>
public sealed class UrlOption : OptionType
{
    internal UrlOption(bool encrypted, bool secret) => (Encrypted, IsSecret) = (encrypted, secret);

    /// <summary>Plain http is accepted for this machine alone.</summary>
    public bool Encrypted { get; }

    /// <inheritdoc/>
    public override bool IsSecret { get; }

    /// <inheritdoc/>
    public override string Name => Encrypted ? "https URL" : "URL";

    /// <inheritdoc/>
    public override string Form => Encrypted
        ? "an absolute https URL without a user name"
        : "an absolute http or https URL without a user name";

    internal override Type ValueType => typeof(Uri);

    /// <summary>Whether nobody on the way can read what is sent there: the URL is https, or http to this machine.</summary>
    public static bool IsConfidential(Uri url) => url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback);

    internal override object? Read(OptionValue value) =>
        Uri.TryCreate(value.Text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0
        && (!Encrypted || IsConfidential(url)) ? url : null;
}

/// <summary>A <see cref="Secret"/>: any text that is not empty.</summary>
public sealed class SecretOption : OptionType
{
    internal SecretOption()
    {
    }

    /// <inheritdoc/>
    public override string Name => "secret";

    /// <inheritdoc/>
    public override string Form => "a text that is not empty";

    /// <inheritdoc/>
    public override bool IsSecret => true;

    internal override Type ValueType => typeof(Secret);

    internal override object? Read(OptionValue value) => value.Text is { Length: > 0 } text ? new Secret(text) : null;
}

/// <summary>A list of texts: a YAML list, or one text whose words are separated by spaces, with double quotes around a word that holds
/// spaces.</summary>
public sealed class ListOption : OptionType
{
    internal ListOption()
    {
    }

    /// <inheritdoc/>
    public override string Name => "list";

    /// <inheritdoc/>
    public override string Form => "a list, or words separated by spaces with every quote closed";

    internal override Type ValueType => typeof(IReadOnlyList<string>);

    internal override object? Read(OptionValue value) =>
        (value.List ?? (value.Text is { } text ? Words.Split(text) : null)) is { Count: > 0 } list && !list.Any(word => word.Contains('\0', StringComparison.Ordinal))
            ? list
            : null;
}

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
