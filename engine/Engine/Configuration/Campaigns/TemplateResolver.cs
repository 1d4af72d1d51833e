using System.Text;
using CartRecovery.Engine.ControlPlane.Templates;
using CartRecovery.Engine.Messages;

namespace CartRecovery.Engine.Configuration.Campaigns;

/// <summary>
/// Replaces the names of templates in campaigns by the texts, so that compilation, rendering and the journal see plain messages. Where stores' texts differ, the
/// message selects one by <c>store.id</c>. Pauses a campaign in stores without a template that it names.
/// </summary>
public static class TemplateResolver
{
    const string Begin = "{% case store.id %}", End = "{% endcase %}";

    // Length of a "when" tag with one store, without the store's id.
    const int TagLength = 16;

    /// <summary>Returns the section without names of templates.</summary>
    /// <param name="decisions">The section.</param>
    /// <param name="stores">The ids of the configured stores.</param>
    /// <param name="find">Finds a template, by store and name.</param>
    /// <param name="report">Receives the stores in which a campaign is paused.</param>
    public static DecisionsConfig Resolve(
        DecisionsConfig decisions, IEnumerable<string> stores, Func<string, string, TemplateDefinition?> find, Action<UnresolvedTemplate>? report = null)
    {
        string[] all = [.. stores];
        return !decisions.Campaigns.Exists(campaign => campaign.TemplateNames.Any()) ? decisions
            : decisions.With(campaigns: [.. decisions.Campaigns.Select(campaign => campaign.TemplateNames.Any() ? Resolve(campaign, all, find, report) : campaign)]);
    }

    /// <summary>Joins the texts of stores into one template. One text for all stays as it is.</summary>
    internal static string Join(IReadOnlyList<(string Store, string Text)> texts)
    {
        if (texts.All(one => one.Text == texts[0].Text))
        {
            return texts.Count == 0 ? "" : texts[0].Text;
        }

        var joined = new StringBuilder(Begin);
        foreach (var group in texts.GroupBy(one => one.Text, StringComparer.Ordinal))
        {
            joined.Append("{% when ").AppendJoin(", ", group.Select(one => $"'{one.Store}'")).Append(" %}").Append(Plain(group.Key));
        }

        return joined.Append(End).ToString();
    }

    static CampaignConfig Resolve(CampaignConfig campaign, string[] all, Func<string, string, TemplateDefinition?> find, Action<UnresolvedTemplate>? report)
    {
        string[] names = [.. campaign.TemplateNames];
        var found = new List<(string Store, Dictionary<string, TemplateDefinition> Texts)>();
        var (paused, left) = (new List<string>(), new TextBudget(names));
        foreach (var store in all.Where(campaign.AppliesTo))
        {
            // Each is looked up once: it may change meanwhile.
            var texts = new Dictionary<string, TemplateDefinition>(StringComparer.Ordinal);
            string? missing = null;
            foreach (var name in names)
            {
                if (find(store, name) is { } definition)
                {
                    texts[name] = definition;
                }
                else
                {
                    missing ??= name;
                }
            }

            if (missing is null && left.TryAdd(store, texts))
            {
                found.Add((store, texts));
            }
            else
            {
                paused.Add(store);
                report?.Invoke(new UnresolvedTemplate(campaign.Name, store, missing));
            }
        }

        return campaign.WithSteps(step => step.Template is not { } name ? step : step.WithTexts(
            TextOf(found, name, definition => definition.Message) ?? "", TextOf(found, name, definition => definition.Subject), TextOf(found, name, definition => definition.Html)))
            .PausedAlsoIn(paused);
    }

    static string? TextOf(List<(string Store, Dictionary<string, TemplateDefinition> Texts)> found, string name, Func<TemplateDefinition, string?> part)
    {
        (string Store, string? Text)[] texts = [.. found.Select(one => (one.Store, part(one.Texts[name])))];
        return Array.TrueForAll(texts, one => one.Text is null) ? null : Join([.. texts.Select(one => (one.Store, one.Text ?? ""))]);
    }

    // A variable that one text defines must not change the meaning of the older syntax in another.
    static string Plain(string text) => LegacySyntax.Translate(text, []).Text;

    // Keeps every joined text within the length that a template may have.
    sealed class TextBudget(string[] names)
    {
        readonly Dictionary<(string Name, int Part), (HashSet<string> Texts, int Length)> _used =
            names.SelectMany(name => Enumerable.Range(0, 3).Select(part => (name, part))).ToDictionary(key => key, _ => (new HashSet<string>(StringComparer.Ordinal), Begin.Length + End.Length));

        bool _hasOther;

        public bool TryAdd(string store, Dictionary<string, TemplateDefinition> texts)
        {
            // A tag can name only ids without quotes.
            var hasOther = _hasOther || !store.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.');
            var next = new List<((string, int) Key, string Text, int Length)>();
            foreach (var (name, definition) in texts)
            {
                foreach (var (part, text) in new[] { definition.Message ?? "", definition.Subject ?? "", definition.Html ?? "" }.Index())
                {
                    var (used, length) = _used[(name, part)];
                    var isNew = !used.Contains(text);
                    length += store.Length + TagLength + (isNew ? Plain(text).Length : 0);
                    if (used.Count + (isNew ? 1 : 0) > 1 && (length > MessageLimits.Template || hasOther))
                    {
                        return false;
                    }

                    next.Add(((name, part), text, length));
                }
            }

            foreach (var (key, text, length) in next)
            {
                _used[key].Texts.Add(text);
                _used[key] = (_used[key].Texts, length);
            }

            _hasOther = hasOther;
            return true;
        }
    }
}
