using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.ControlPlane.Experiments;
using CartRecovery.Engine.ControlPlane.Segments;
using CartRecovery.Engine.ControlPlane.Targeting;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.ControlPlane.Flags;

/// <summary>A feature flag. Immutable.</summary>
public sealed class FeatureFlag
{
    readonly byte[] _salt;

    /// <param name="store">The store's id; empty for a flag that all stores share.</param>
    /// <param name="key">The flag's key.</param>
    /// <param name="definition">The definition; validated.</param>
    /// <param name="salt">A random text that makes the flag's draws independent of other flags'. Fixed for the life of the flag.</param>
    /// <param name="version">A text that every change replaces.</param>
    /// <param name="updatedAt">When it was last changed.</param>
    /// <param name="updatedBy">The actor who last changed it, as in the audit log.</param>
    public FeatureFlag(string store, string key, FlagDefinition definition, string salt, string version, DateTimeOffset updatedAt, string updatedBy)
    {
        (Store, Key, Definition, Salt, Version, UpdatedAt, UpdatedBy) = (store, key, definition, salt, version, updatedAt, updatedBy);
        Rules = definition.Rules ?? [];
        Values = definition.Variants!.ToFrozenDictionary(pair => pair.Key, pair => JsonText(pair.Value), StringComparer.Ordinal);
        _salt = Encoding.UTF8.GetBytes(salt);
        var conditions = Rules.SelectMany(rule => rule.Conditions ?? []).ToArray();
        (ReadsCart, ReadsCustomer) = (conditions.Any(condition => condition.Feature is not null), conditions.Any(condition => condition.Customer is not null));
        HasSegments = Rules.Any(rule => rule.Segment is not null);
    }

    /// <summary>The store's id; empty for a flag that all stores share.</summary>
    public string Store { get; }

    /// <summary>Whether all stores share it.</summary>
    public bool IsShared => Store.Length == 0;

    /// <summary>The flag's key.</summary>
    public string Key { get; }

    /// <summary>The definition.</summary>
    public FlagDefinition Definition { get; }

    /// <summary>The rules.</summary>
    public IReadOnlyList<FlagRule> Rules { get; }

    /// <summary>The variants' values as UTF-8 JSON.</summary>
    public FrozenDictionary<string, byte[]> Values { get; }

    /// <summary>A random text that makes the flag's draws independent of other flags'.</summary>
    public string Salt { get; }

    /// <summary>A text that every change replaces: the entity tag.</summary>
    public string Version { get; }

    /// <summary>When it was last changed.</summary>
    public DateTimeOffset UpdatedAt { get; }

    /// <summary>The actor who last changed it, as in the audit log.</summary>
    public string UpdatedBy { get; }

    /// <summary>Whether a condition, other than those of segments, compares a feature of the cart, or an attribute of the customer.</summary>
    public bool ReadsCart { get; }

    /// <inheritdoc cref="ReadsCart"/>
    public bool ReadsCustomer { get; }

    /// <summary>Whether a rule names a segment.</summary>
    public bool HasSegments { get; }

    /// <summary>The experiment that the flag evaluates; <see langword="null"/> for none. Its only rule selects the subjects who take part.</summary>
    public Experiment? Experiment { get; init; }

    /// <summary>Returns whether a subject takes part in the flag's experiment.</summary>
    public bool TakesPart(string store, TargetingSubject subject, IDefinitions<SegmentDefinition> segments) => Matches(Rules[0], store, subject, segments);

    /// <summary>Evaluates the flag.</summary>
    /// <param name="store">The id of the store that evaluates it.</param>
    /// <param name="subject">The subject to evaluate it for.</param>
    /// <param name="segments">Finds named segments.</param>
    public FlagEvaluation Evaluate(string store, TargetingSubject subject, IDefinitions<SegmentDefinition> segments)
    {
        if (!Definition.Enabled)
        {
            return new FlagEvaluation(Definition.DefaultVariant!, FlagReason.Disabled);
        }

        if (Rules.Count == 0)
        {
            return new FlagEvaluation(Definition.DefaultVariant!, FlagReason.Static);
        }

        foreach (var rule in Rules)
        {
            if (!Matches(rule, store, subject, segments))
            {
                continue;
            }

            if (rule.Percentage is not { } percentage || percentage >= 100)
            {
                return new FlagEvaluation(rule.Variant!, FlagReason.TargetingMatch);
            }

            if (subject.TargetingKey is not { } key)
            {
                return new FlagEvaluation("", FlagReason.TargetingKeyMissing);
            }

            if (Draw(_salt, key) * 100 < percentage)
            {
                return new FlagEvaluation(rule.Variant!, FlagReason.Split);
            }
        }

        return new FlagEvaluation(Definition.DefaultVariant!, FlagReason.Default);
    }

    /// <summary>Draws a number in [0, 1) from a hash of the salt and the key. Deterministic.</summary>
    internal static double Draw(ReadOnlySpan<byte> salt, string key)
    {
        Span<byte> bytes = stackalloc byte[64 + 1 + TargetingSubject.MaxKeyBytes];
        salt.CopyTo(bytes);
        bytes[salt.Length] = 0;
        var length = salt.Length + 1 + Encoding.UTF8.GetBytes(key, bytes[(salt.Length + 1)..]);
        return (Hash128.Of(bytes[..length], seed: 0).High >> 11) * (1.0 / (1UL << 53));
    }

    static bool Matches(FlagRule rule, string store, TargetingSubject subject, IDefinitions<SegmentDefinition> segments)
    {
        if (rule.Stores is { } stores && !stores.Contains(store))
        {
            return false;
        }

        // A deleted segment contains nobody.
        return (rule.Segment is null || (segments.Find(store, rule.Segment) is { } segment && TargetingCondition.AllHold(segment.Conditions ?? [], subject)))
            && TargetingCondition.AllHold(rule.Conditions ?? [], subject);
    }

    static byte[] JsonText(JsonElement value) => Encoding.UTF8.GetBytes(value.GetRawText());
}
