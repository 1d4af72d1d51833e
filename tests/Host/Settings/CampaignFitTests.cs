using System.Text.Json.Nodes;
using CartRecovery.Engine.Configuration;
using CartRecovery.Host.Settings;

namespace CartRecovery.Tests.Hosting.Settings;

/// <summary>Which campaigns of the API are set aside.</summary>
public sealed class CampaignFitTests
{
    readonly List<string> _loads = [];

    [Test]
    public void Campaigns_that_fit_are_loaded_at_once()
    {
        var fit = Load("a b", _ => true);
        Assert.That((fit.Config is not null, fit.Unfit.Count, _loads), Is.EqualTo((true, 0, (List<string>)["a b"])));
    }

    [Test]
    public void One_that_a_problem_names_is_set_aside_without_a_search()
    {
        var fit = Load("a ab b", campaigns => !campaigns.Contains("a"), named: "a");
        Assert.That((fit.Config is not null, fit.Unfit.Keys), Is.EqualTo((true, (string[])["a"])));
        Assert.That(_loads, Is.EqualTo(new[] { "a ab b", "", "ab b" }));
    }

    [Test]
    public void Without_a_name_each_is_added_to_those_before_it()
    {
        var fit = Load("a b c", campaigns => campaigns.Count() <= 2);
        Assert.That((fit.Config is not null, fit.Unfit.Keys), Is.EqualTo((true, (string[])["c"])));
        Assert.That(_loads, Is.EqualTo(new[] { "a b c", "", "a", "a b", "a b c" }));
    }

    [Test]
    public void A_file_that_is_wrong_itself_is_rejected_with_its_problems()
    {
        var fit = Load("a", _ => false);
        Assert.That((fit.Config, fit.Unfit.Count, fit.Problems.Count), Is.EqualTo(((CartRecoveryConfig?)null, 0, 1)));
    }

    [Test]
    public void The_search_is_bounded()
    {
        var fit = Load(string.Join(' ', Enumerable.Range(0, 150).Select(i => $"c{i:000}")), campaigns => !campaigns.Any());
        Assert.That((fit.Unfit.Count, _loads.Count, fit.Unfit["c149"]), Is.EqualTo((150, 102, "there are too many campaigns")));
    }

    CampaignFit Load(string campaigns, Func<IEnumerable<string>, bool> fits, string? named = null)
    {
        _loads.Clear();
        var all = new JsonObject(campaigns.Split(' ').Select(name => KeyValuePair.Create(name, (JsonNode?)new JsonObject())));
        return CampaignFit.Load(all.ToJsonString(), json =>
        {
            string[] names = [.. JsonNode.Parse(json)!.AsObject().Select(campaign => campaign.Key)];
            _loads.Add(string.Join(' ', names));
            return fits(names) ? (new CartRecoveryConfig(), []) : (null, [new ConfigProblem("f", 1, 1, "wrong") { Setting = named is null ? "decisions.campaigns" : $"decisions.campaigns.{named}.trigger" }]);
        });
    }
}
