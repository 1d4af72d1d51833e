using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using CartRecovery.Engine.ControlPlane.Database;

namespace CartRecovery.Engine.ControlPlane.Definitions;

/// <summary>A kind of named definition that campaigns refer to: its tables, limits and words. Immutable.</summary>
public sealed class DefinitionKind<T>
    where T : class
{
    /// <summary>The words and codes.</summary>
    public required DefinitionTerms Terms { get; init; }

    /// <summary>The limits.</summary>
    public required DefinitionLimits Limits { get; init; }

    /// <summary>The topic that every change marks in <see cref="ControlChanges"/>.</summary>
    public required string Topic { get; init; }

    /// <summary>The JSON form in the database.</summary>
    public required JsonTypeInfo<T> Json { get; init; }

    /// <summary>The table of current version numbers, the table of versions, and the column with the name in both.</summary>
    public required SqlPart Table { get; init; }

    /// <inheritdoc cref="Table"/>
    public required SqlPart Versions { get; init; }

    /// <inheritdoc cref="Table"/>
    public required SqlPart Column { get; init; }

    /// <summary>Returns the names in a campaign's definition, a JSON object.</summary>
    public required Func<JsonObject, IEnumerable<string>> NamesInCampaign { get; init; }

    /// <summary>Describes the uses beside campaigns, by store and name; <see langword="null"/> if only campaigns refer to the kind.</summary>
    public Func<ControlSession, string, string, Task<IEnumerable<string>>>? OtherUses { get; init; }

    /// <summary>Returns the names that a campaign's definition refers to; may repeat one.</summary>
    /// <param name="campaign">The campaign as in the configuration: a JSON object.</param>
    public IEnumerable<string> NamesIn(string campaign) => JsonNode.Parse(campaign) is JsonObject parsed ? NamesInCampaign(parsed) : [];
}
