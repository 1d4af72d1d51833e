using System.Text.Json.Nodes;
using CartRecovery.Engine.Configuration;

namespace CartRecovery.Host.Settings;

/// <summary>Loads a configuration with the campaigns of the API. Sets aside those that do not fit it, so that they keep neither the others nor the file from coming into force.</summary>
/// <param name="Config">The configuration; <see langword="null"/> if it is invalid without campaigns, too.</param>
/// <param name="Unfit">Why campaigns are set aside, by name.</param>
/// <param name="Problems">Why there is no configuration.</param>
sealed record CampaignFit(CartRecoveryConfig? Config, IReadOnlyDictionary<string, string> Unfit, IReadOnlyList<ConfigProblem> Problems)
{
    // Campaigns that are tried one by one: each costs a load of the file.
    const int MaxTries = 100;

    const string Prefix = "decisions.campaigns.";

    /// <summary>No campaign is set aside.</summary>
    public static IReadOnlyDictionary<string, string> None { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Loads the configuration.</summary>
    /// <param name="campaigns">The campaigns: a JSON object with a campaign by each name.</param>
    /// <param name="load">Loads the configuration with some of them.</param>
    public static CampaignFit Load(string campaigns, Func<string, (CartRecoveryConfig? Config, IReadOnlyList<ConfigProblem> Problems)> load)
    {
        var (config, problems) = load(campaigns);
        var all = JsonNode.Parse(campaigns)!.AsObject();
        if (config is not null || all.Count == 0 || load("{}") is not { Config: { } without })
        {
            return new CampaignFit(config, None, problems);
        }

        // Problems mostly name their campaign.
        var unfit = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in all.Select(campaign => campaign.Key))
        {
            var own = problems.Where(problem => problem.Setting is { } setting && (setting == Prefix + name || setting.StartsWith($"{Prefix}{name}.", StringComparison.Ordinal)
                || setting.StartsWith($"{Prefix}{name}[", StringComparison.Ordinal))).Select(problem => problem.ToString()).ToList();
            if (own.Count > 0)
            {
                unfit[name] = string.Join("; ", own);
            }
        }

        var fitting = Of(all, name => !unfit.ContainsKey(name));
        if (unfit.Count > 0 && load(fitting).Config is { } rest)
        {
            return new CampaignFit(rest, unfit, []);
        }

        // Others do not, such as that there are too many: each is added to those before it.
        var kept = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, i) in all.Select(campaign => campaign.Key).Where(name => !unfit.ContainsKey(name)).ToList().Select((name, i) => (name, i)))
        {
            var (loaded, why) = i < MaxTries ? load(Of(all, other => kept.Contains(other) || other == name)) : (null, []);
            if (loaded is null)
            {
                unfit[name] = why.Count == 0 ? "there are too many campaigns" : string.Join("; ", why);
            }
            else
            {
                kept.Add(name);
                without = loaded;
            }
        }

        return new CampaignFit(without, unfit, []);
    }

    static string Of(JsonObject all, Func<string, bool> isWanted) =>
        new JsonObject(all.Where(campaign => isWanted(campaign.Key)).Select(campaign => KeyValuePair.Create(campaign.Key, campaign.Value?.DeepClone()))).ToJsonString();
}
