using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.ControlPlane.Definitions;
using CartRecovery.Engine.Messages;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>Checks the campaigns: names, triggers and series, and that every template can be rendered.</summary>
sealed class CampaignCheck(ConfigCheck check, ConfigCatalog catalog, ConfigLocations locations)
{
    public void Run(CartRecoveryConfig config)
    {
        var names = new Dictionary<string, CampaignConfig>(StringComparer.Ordinal);
        foreach (var campaign in config.Decisions.Campaigns)
        {
            check.Name(campaign, "name", campaign.Name, "a campaign's name");
            if (campaign.Name.Length > 0 && !names.TryAdd(campaign.Name, campaign))
            {
                var first = locations.Of(names[campaign.Name], "name").Line;
                check.Report(campaign, "name", $"duplicate campaign '{campaign.Name}', first defined on line {first}");
            }
            List<string> stores = [.. config.Stores.Select(store => store.Id)];
            foreach (var (key, named) in new[] { ("stores", campaign.Stores), ("pausedIn", campaign.PausedIn) })
            {
                foreach (var store in named.Where(store => !stores.Contains(store) && check.AreValid(config, "stores")))
                {
                    check.Report(campaign, key, $"unknown store '{store}'{Suggestion.Hint(store, stores)}");
                }
            }

            Trigger(campaign.Trigger, config);
            Conditions(campaign.When);
            if (campaign.Segment is { } segment && !DefinitionName.IsValid(segment))
            {
                check.Report(campaign, "segment", $"expected a segment's key: {DefinitionName.Rule}");
            }

            Series(campaign, config);
            if (campaign.Trigger.Idle is { } idle && idle.Value >= config.Memory.CartLifetime.Value && check.AreValid(config.Memory, "cartLifetime"))
            {
                check.Report(campaign.Trigger, "idle",
                    $"the campaign would never start: idle ({idle}) must be shorter than memory.cartLifetime ({config.Memory.CartLifetime})");
            }
        }
    }

    void Conditions(List<ConditionConfig> conditions)
    {
        string[] comparisons = ["above", "atLeast", "below", "atMost", "equals"];
        foreach (var condition in conditions.Where(condition => !comparisons.Any(comparison => locations.Has(condition, comparison))))
        {
            check.Report(condition, "", $"a condition needs a comparison: {string.Join(", ", comparisons)}");
        }
    }

    void Trigger(TriggerConfig trigger, CartRecoveryConfig config)
    {
        // A missing trigger has already been reported.
        string[] kinds = ["idle", "event", "score"];
        if (locations.Knows(trigger) && kinds.Count(kind => locations.Has(trigger, kind)) != 1)
        {
            check.Report(trigger, "", "a trigger needs exactly one of idle, event and score");
        }

        foreach (var key in (string[])["stage", "at"])
        {
            if (locations.Has(trigger, key) && !locations.Has(trigger, "idle"))
            {
                check.Report(trigger, key, $"{key} is only allowed with idle");
            }
        }
        if (locations.Has(trigger, "days") && !locations.Has(trigger, "at"))
        {
            check.Report(trigger, "days", "days is only allowed with at");
        }

        if (trigger.Score is not { } score)
        {
            return;
        }

        if (!locations.Has(score, "above") && !locations.Has(score, "below"))
        {
            check.Report(score, "", "a score trigger needs above, below or both");
        }

        if (score.Above >= score.Below)
        {
            check.Report(score, "above", $"no score can be above {score.Above} and below {score.Below}");
        }

        List<string> models = [.. locations.KeysOf(config.Scoring.Models)];
        if (score.Model is { } model && !models.Contains(model) && check.AreValid(config.Scoring, "models"))
        {
            check.Report(score, "model", $"unknown model '{model}'{Suggestion.Hint(model, models)}; scoring.models names the models that campaigns may ask for");
        }
    }

    void Series(CampaignConfig campaign, CartRecoveryConfig config)
    {
        if (!locations.Knows(campaign))
        {
            return;
        }

        string[] single = ["action", "channel", "message"];
        var forms = (single.Append("template").Any(key => locations.Has(campaign, key)) ? 1 : 0) + (locations.Has(campaign, "steps") ? 1 : 0)
            + (locations.Has(campaign, "variants") ? 1 : 0);
        if (forms != 1)
        {
            check.Report(campaign, "", "a campaign needs either action, channel and message, or steps, or variants");
            return;
        }
        if (locations.Has(campaign, "steps"))
        {
            Steps(campaign.Steps, campaign.Stores, config);
        }
        else if (locations.Has(campaign, "variants"))
        {
            Variants(campaign, config);
        }
        else
        {
            foreach (var key in single.Where(key => !locations.Has(campaign, key) && !(key == "message" && locations.Has(campaign, "template"))))
            {
                check.Report(campaign, "", $"a single message needs {key}");
            }

            if (campaign.Channel is { } channel)
            {
                Channel(campaign, channel, config);
                if (!locations.Has(campaign, "template") && AddressOf(channel, config) == AddressKind.Email)
                {
                    check.Report(campaign, "channel", "an e-mail needs a subject, which a single message lacks; use steps or a template");
                }
            }

            if (campaign.Action is { } action)
            {
                Action(action);
            }

            Template(campaign, campaign.Template, ["message"]);
            Text(campaign, "message", campaign.Message, MessageFormat.Text, campaign.Action is { } offer ? [offer] : [], campaign.Stores, config);
        }
    }

    void Variants(CampaignConfig campaign, CartRecoveryConfig config)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var variant in campaign.Variants)
        {
            check.Name(variant, "name", variant.Name, "a variant's name");
            if (variant.Name.Length > 0 && !names.Add(variant.Name))
            {
                check.Report(variant, "name", $"duplicate variant '{variant.Name}'");
            }

            Steps(variant.Steps, campaign.Stores, config);
        }
        if (!campaign.Variants.Exists(variant => variant.Steps.Count > 0) && check.AreValid(campaign, "variants"))
        {
            check.Report(campaign, "variants", "at least one variant needs steps");
        }
    }

    void Steps(List<StepConfig> steps, List<string> stores, CartRecoveryConfig config)
    {
        foreach (var step in steps)
        {
            Conditions(step.When);
            if (locations.Bound(step, "channel"))
            {
                Channel(step, step.Channel, config);
            }

            if (locations.Has(step, "action") == locations.Has(step, "choices"))
            {
                check.Report(step, "", "a step needs either an action or choices");
            }

            List<ActionConfig> offers = step.Action is { } action ? [action] : step.Choices;
            foreach (var offer in offers)
            {
                Action(offer);
            }

            if (!locations.Has(step, "message") && !locations.Has(step, "template"))
            {
                check.Report(step, "", "a step needs either a message or a template");
            }

            Template(step, step.Template, ["message", "subject", "html"]);
            Text(step, "message", step.Message, MessageFormat.Text, offers, stores, config);
            Text(step, "subject", step.Subject, MessageFormat.Line, offers, stores, config);
            Text(step, "html", step.Html, MessageFormat.Html, offers, stores, config);
            if (step.Subject is null && !locations.Has(step, "template") && AddressOf(step.Channel, config) == AddressKind.Email)
            {
                check.Report(step, "", "an e-mail step needs a subject");
            }
        }
    }

    // Its texts are in the control database, which is checked when the template or the campaign changes.
    void Template(object section, string? template, string[] texts)
    {
        if (template is not null && !DefinitionName.IsValid(template))
        {
            check.Report(section, "template", $"expected a template's name: {DefinitionName.Rule}");
        }

        if (locations.Has(section, "template") && Array.Find(texts, key => locations.Has(section, key)) is { } text)
        {
            check.Report(section, text, $"template replaces {text}; remove one of them");
        }
    }

    void Channel(object section, string channel, CartRecoveryConfig config)
    {
        List<string> channels = ["socket", .. locations.KeysOf(config.Sinks)];
        if (!channels.Contains(channel) && check.AreValid(config, "sinks"))
        {
            check.Report(section, "channel", $"unknown channel '{channel}'{Suggestion.Hint(channel, channels)}");
        }
    }

    AddressKind AddressOf(string channel, CartRecoveryConfig config) =>
        config.Sinks.TryGetValue(channel, out var sink) && catalog.FindSink(sink.Type) is { } spec ? spec.Address : AddressKind.None;

    void Action(ActionConfig action)
    {
        if (!locations.Bound(action, "type"))
        {
            return;
        }

        if (action.Type == ActionKind.Discount && !locations.Has(action, "percent"))
        {
            check.Report(action, "", "a discount needs percent");
        }

        if (action.Codes is not null && locations.Has(action, "code"))
        {
            check.Report(action, "codes", "codes replaces code; remove one of them");
        }
        else if (action.Codes is { Prefix: var prefix } && (prefix.Length > 16 || prefix.Any(c => !char.IsAsciiLetterUpper(c) && !char.IsAsciiDigit(c) && c != '-')))
        {
            check.Report(action.Codes, "prefix", "expected at most 16 capital letters, digits and hyphens");
        }

        foreach (var key in (string[])["percent", "code", "codes"])
        {
            if (action.Type != ActionKind.Discount && locations.Has(action, key))
            {
                check.Report(action, key, $"{key} is only allowed with a discount");
            }
        }
    }

    // Text that would be empty in a message is an error here.
    void Text(object section, string key, string? text, MessageFormat format, List<ActionConfig> offers, List<string> stores, CartRecoveryConfig config)
    {
        if (text is null)
        {
            return;
        }

        var problems = new List<TemplateProblem>();
        if (MessageTemplate.TryCompile(text, format, problems) is { } template)
        {
            foreach (var use in template.UnguardedFields)
            {
                if (WithoutValue(use.Path, offers, stores, config) is { } reason)
                {
                    check.Report(locations.Within(section, key, text, use.Offset), $"'{use.Text}' has no value{reason}");
                }
            }
        }
        foreach (var problem in problems)
        {
            check.Report(locations.Within(section, key, text, problem.Offset), problem.Message + HintOf(problem));
        }
    }

    /// <summary>Suggests a known name for an unknown one; empty if there is nothing to suggest.</summary>
    internal static string HintOf(TemplateProblem problem) => problem.Name is not { } name ? ""
        : Suggestion.Find(name, problem.Known!.Keys) is { } near ? $", did you mean '{problem.Known[near]}'?" : Suggestion.Hint(name, [.. problem.Known.Values]);

    /// <summary>Explains why a field has no value in some messages; <see langword="null"/> if it has one.</summary>
    internal static string? WithoutValue(string path, List<ActionConfig> offers, List<string> stores, CartRecoveryConfig config) => path switch
    {
        "offer.discount_percent" when offers.Exists(offer => offer.Percent is null) => " where no discount is offered",
        "offer.code" when offers.Exists(offer => offer is { Code: null, Codes: null }) => ": the action has no code",
        "links.cart" or "links.unsubscribe" when config.Contact.PublicUrl is null => " without contact.publicUrl",
        "links.confirm" => ": only the confirmation of contact.unproven has it",
        "links.cart" when config.Stores.Find(store => store.CartUrl is null && (stores.Count == 0 || stores.Contains(store.Id))) is { } store =>
            $" in the store '{store.Id}', which has no cartUrl",
        _ => null,
    };
}
