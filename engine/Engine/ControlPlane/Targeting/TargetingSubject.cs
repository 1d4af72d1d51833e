using System.Text.Json;

namespace CartRecovery.Engine.ControlPlane.Targeting;

/// <summary>The subject of an evaluation.</summary>
/// <param name="targetingKey">The key that percentages are drawn by; <see langword="null"/> for none.</param>
/// <param name="context">The evaluation context: a JSON object, or undefined.</param>
public sealed class TargetingSubject(string? targetingKey, JsonElement context = default)
{
    /// <summary>Maximum length of a targeting key, in bytes of UTF-8.</summary>
    public const int MaxKeyBytes = 256;

    /// <summary>The targeting key.</summary>
    public string? TargetingKey => targetingKey;

    /// <summary>Computes a feature of the subject's cart; <see langword="null"/> if there is no cart, or the caller may not read it.</summary>
    public Func<string, float?>? Features { get; init; }

    /// <summary>The customer's attributes: a JSON object; undefined if there are none, or the caller may not read them.</summary>
    public JsonElement CustomerAttributes { get; init; }

    /// <summary>Returns a feature of the cart; <see langword="null"/> if unknown.</summary>
    public float? Feature(string name) => Features?.Invoke(name);

    /// <summary>Returns an attribute of the customer; undefined if unknown.</summary>
    public JsonElement CustomerAttribute(string name) => MemberOf(CustomerAttributes, name);

    /// <summary>Returns an attribute of the context; undefined if absent.</summary>
    public JsonElement Attribute(string name) => MemberOf(context, name);

    static JsonElement MemberOf(JsonElement value, string name) => value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member) ? member : default;
}
