using System.Globalization;

namespace CartRecovery.Contracts;

/// <summary>
/// One key of a sink's section: its name in camelCase, a sentence on what it does, its type, and its default. <c>check</c> validates
/// values against it before the sink is created, and <see cref="SinkSettings"/> returns them with their type.
/// </summary>
public sealed class SinkOption
{
    SinkOption(string name, string description, OptionType type, bool required, string? defaultValue)
    {
        (Name, Description, Type, Required, Default) = (name, description, type, required, defaultValue);
        if (defaultValue is not null && !type.Accepts(defaultValue))
        {
            throw new ArgumentException($"The default of '{name}' is not {type.Form}.", nameof(defaultValue));
        }
    }

    /// <summary>The key, in camelCase.</summary>
    public string Name { get; }

    /// <summary>What it does: one sentence. The type and its range need not be repeated.</summary>
    public string Description { get; }

    /// <summary>The accepted values.</summary>
    public OptionType Type { get; }

    /// <summary>The configuration must give it.</summary>
    public bool Required { get; }

    /// <summary>The value when the key is absent, as the configuration would write it; <see langword="null"/> for none.</summary>
    public string? Default { get; }

    /// <summary>The value is never shown or logged.</summary>
    public bool IsSecret => Type.IsSecret;

    /// <summary>The value is the path of a file that the sink reads: settings of the API may name those alone that <c>settings.references</c> lists.</summary>
    public bool IsFile { get; private init; }

    /// <summary>Declares a text that is not blank and has no control characters.</summary>
    public static SinkOption Text(string name, string description, bool required = false, string? defaultValue = null) =>
        new(name, description, new TextOption(), required, defaultValue);

    /// <summary>Declares the path of a file that the sink reads.</summary>
    public static SinkOption File(string name, string description, bool required = false) =>
        new(name, description, new TextOption(), required, defaultValue: null) { IsFile = true };

    /// <summary>Declares a whole number; both bounds are included.</summary>
    public static SinkOption Integer(
        string name, string description, long? min = null, long? max = null, bool required = false, long? defaultValue = null) =>
        new(name, description, new IntegerOption(min, max), required, defaultValue?.ToString(CultureInfo.InvariantCulture));

    /// <summary>Declares a number; both bounds are included.</summary>
    public static SinkOption Number(
        string name, string description, double? min = null, double? max = null, bool required = false, double? defaultValue = null) =>
        new(name, description, new NumberOption(min, max), required, defaultValue?.ToString(CultureInfo.InvariantCulture));

    /// <summary><see langword="true"/> or <see langword="false"/>.</summary>
    public static SinkOption Boolean(string name, string description, bool defaultValue = false) =>
        new(name, description, new BooleanOption(), required: false, defaultValue ? "true" : "false");

    /// <summary>Declares a length of time; both bounds are included.</summary>
    public static SinkOption Duration(string name, string description, TimeSpan? min = null, TimeSpan? max = null, bool required = false,
        TimeSpan? defaultValue = null) =>
        new(name, description, new DurationOption(min, max), required, defaultValue is { } value ? DurationText.Write(value) : null);

    /// <summary>Declares a choice among words.</summary>
    public static SinkOption Choice(
        string name, string description, IReadOnlyList<string> choices, bool required = false, string? defaultValue = null) =>
        new(name, description, new ChoiceOption(choices), required, defaultValue);

    /// <summary>Declares an absolute http or https URL without a user name.</summary>
    /// <param name="name">The key.</param>
    /// <param name="description">What it does.</param>
    /// <param name="required">The configuration must give it.</param>
    /// <param name="defaultValue">The URL when the key is absent.</param>
    /// <param name="encrypted">Requires https, or a loopback address. Set it when a secret goes with each request.</param>
    /// <param name="secret">The URL itself is a credential, like that of an incoming webhook.</param>
    public static SinkOption Url(
        string name, string description, bool required = false, string? defaultValue = null, bool encrypted = false, bool secret = false) =>
        new(name, description, new UrlOption(encrypted, secret), required, defaultValue);

    /// <summary>Declares a password, token or key.</summary>
    public static SinkOption Secret(string name, string description, bool required = false) =>
        new(name, description, new SecretOption(), required, defaultValue: null);

    /// <summary>Declares a list of texts; also written as one text of words separated by spaces.</summary>
    public static SinkOption List(string name, string description, bool required = false) =>
        new(name, description, new ListOption(), required, defaultValue: null);

    /// <summary>Declares a map from HTTP header names to values.</summary>
    public static SinkOption Headers(string name, string description) =>
        new(name, description, new HeadersOption(), required: false, defaultValue: null);
}
