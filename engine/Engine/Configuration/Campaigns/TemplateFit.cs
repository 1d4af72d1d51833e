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
        var problems = from step in campaign.AllSteps
                       where step.Template is not null && (name is null || step.Template == name)
                       from one in config.Stores
                       where campaign.AppliesTo(one.Id) && (store is null || one.Id == store)
                       let problem = ProblemIn(step, one.Id, config, find, addresses)
                       where problem is not null
                       select problem;
        return problems.FirstOrDefault();
    }

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
