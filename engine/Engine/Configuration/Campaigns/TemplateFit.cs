using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration.Reading;
using CartRecovery.Engine.ControlPlane.Templates;
using CartRecovery.Engine.Messages;

namespace CartRecovery.Engine.Configuration.Campaigns;

/// <summary>Checks templates: their texts, and whether they fit the campaigns that name them.</summary>
public static class TemplateFit
{
    // Maximum number of reported problems of a template.
    const int MaxProblems = 50;

    /// <summary>Checks the texts of a template on their own. Returns the problems; empty if it is valid.</summary>
    public static IReadOnlyList<TemplateTextProblem> ProblemsOf(TemplateDefinition definition)
    {
        var problems = new List<TemplateTextProblem>();
        if (string.IsNullOrEmpty(definition.Message))
        {
            problems.Add(new TemplateTextProblem("message", 1, 1, "a template needs a message"));
        }

        foreach (var (field, text, format) in TextsOf(definition))
        {
            var found = new List<TemplateProblem>();
            if (MessageTemplate.TryCompile(text, format, found) is { } compiled)
            {
                found.AddRange(compiled.UnguardedFields.Where(use => use.Path == "links.confirm")
                    .Select(use => new TemplateProblem(use.Offset, $"'{use.Text}' has no value: only the confirmation of contact.unproven has it")));

                // Where stores' texts differ, a campaign has them in one block.
                if (found.Count == 0 && MessageTemplate.TryCompile(TemplateResolver.Join([("a", text), ("b", "")]), format, found) is null)
                {
                    found = [new TemplateProblem(0, $"the blocks are nested too deeply: at most {MessageLimits.Depth - 1}")];
                }
            }

            problems.AddRange(found.Select(problem => Place(field, text, problem)));
        }

        return [.. problems.Take(MaxProblems)];
    }

    /// <summary>Checks the templates that a campaign names. Returns the first problem; <see langword="null"/> if they fit.</summary>
    /// <param name="campaign">The campaign.</param>
    /// <param name="config">The configuration that it belongs to.</param>
    /// <param name="find">Finds a template, by store and name.</param>
    /// <param name="addresses">The kinds of addresses that sinks require, by sink.</param>
    /// <param name="store">Checks only this store; <see langword="null"/> for all.</param>
    /// <param name="name">Checks only this template; <see langword="null"/> for all.</param>
    public static string? ProblemIn(CampaignConfig campaign, CartRecoveryConfig config, Func<string, string, TemplateDefinition?> find,
        IReadOnlyDictionary<string, AddressKind> addresses, string? store = null, string? name = null)
    {
        return ProblemsIn(campaign, config, find, addresses).FirstOrDefault(found => (store is null || found.Store == store) && (name is null || found.Step.Template == name)).Problem;
    }

    /// <summary>Returns why templates do not fit the campaigns that name them, as problems with the places of the names; without those that a store lacks.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="find">Finds a template, by store and name.</param>
    /// <param name="addresses">The kinds of addresses that sinks require, by sink.</param>
    public static IEnumerable<ConfigProblem> UnfitIn(CartRecoveryConfig config, Func<string, string, TemplateDefinition?> find, IReadOnlyDictionary<string, AddressKind> addresses) =>
        from campaign in config.Decisions.Campaigns
        from found in ProblemsIn(campaign, config, find, addresses)
        where find(found.Store, found.Step.Template!) is not null
        select config.Origin.ProblemOf(SectionOf(campaign, found.Step), "template", $"the campaign '{campaign.Name}': {found.Problem}");

    // A campaign with one message has no section for it.
    static object SectionOf(CampaignConfig campaign, StepConfig step) => campaign.Template == step.Template && campaign.Template is not null ? campaign : step;

    static IEnumerable<(StepConfig Step, string Store, string Problem)> ProblemsIn(
        CampaignConfig campaign, CartRecoveryConfig config, Func<string, string, TemplateDefinition?> find, IReadOnlyDictionary<string, AddressKind> addresses) =>
        from step in campaign.AllSteps
        where step.Template is not null
        from one in config.Stores
        where campaign.AppliesTo(one.Id)
        let problem = ProblemIn(step, one.Id, config, find, addresses)
        where problem is not null
        select (step, one.Id, problem);

    static string? ProblemIn(StepConfig step, string store, CartRecoveryConfig config, Func<string, string, TemplateDefinition?> find, IReadOnlyDictionary<string, AddressKind> addresses)
    {
        if (find(store, step.Template!) is not { } definition)
        {
            return $"the store '{store}' has no template '{step.Template}': make it with POST /v1/templates";
        }

        if (definition.Subject is null && addresses.GetValueOrDefault(step.Channel) == AddressKind.Email)
        {
            return $"the template '{step.Template}' of the store '{store}' has no subject, which an e-mail needs";
        }

        List<ActionConfig> offers = step.Action is { } action ? [action] : step.Choices;
        foreach (var (field, text, format) in TextsOf(definition))
        {
            foreach (var use in MessageTemplate.TryCompile(text, format, [])?.UnguardedFields ?? [])
            {
                if (CampaignCheck.WithoutValue(use.Path, offers, [store], config) is { } reason)
                {
                    return $"the template '{step.Template}' of the store '{store}': {Place(field, text, new TemplateProblem(use.Offset, $"'{use.Text}' has no value{reason}"))}";
                }
            }
        }

        return null;
    }

    static IEnumerable<(string Field, string Text, MessageFormat Format)> TextsOf(TemplateDefinition definition)
    {
        yield return ("message", definition.Message ?? "", MessageFormat.Text);
        if (definition.Subject is { } subject)
        {
            yield return ("subject", subject, MessageFormat.Line);
        }

        if (definition.Html is { } html)
        {
            yield return ("html", html, MessageFormat.Html);
        }
    }

    static TemplateTextProblem Place(string field, string text, TemplateProblem problem)
    {
        var before = text.AsSpan(0, Math.Clamp(problem.Offset, 0, text.Length));
        return new TemplateTextProblem(field, before.Count('\n') + 1, before.Length - before.LastIndexOf('\n'), problem.Message + CampaignCheck.HintOf(problem));
    }
}
