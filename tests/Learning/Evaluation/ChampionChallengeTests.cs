using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Learning.Training;
using CartRecovery.Engine.Scoring;
using CartRecovery.Host.Commands.Maintenance;
using CartRecovery.Tests.Learning.Training;
using CartRecovery.Tests.Scoring;

namespace CartRecovery.Tests.Learning.Evaluation;

public sealed class ChampionChallengeTests
{
    static readonly FitOptions s_fit = new() { BootstrapRounds = 200, PermutationRounds = 1, Rounds = 1, Trees = [new BoostedTreesOptions { Count = 5 }] };

    [Test]
    public void A_fitted_model_replaces_only_one_that_it_beats_on_the_held_out_rows()
    {
        var all = SyntheticData.Draw(6000, 4, 1, SyntheticData.Line);
        // The same rows with their second value, which matters most, made useless.
        float[] blinded = [.. all.Rows.Select((value, i) => i % 4 == 1 ? 0 : value)];
        var set = new TrainingSet(all.Features, blinded, all.Labels, all.Groups, all.Times);
        var (good, poor) = (ModelFitter.Fit(all, s_fit), ModelFitter.Fit(set, s_fit));

        var accepted = ChampionChallenge.Judge(good, all, s_fit, Write(poor));
        Assert.That((accepted.IsAccepted, accepted.Code), Is.EqualTo((true, "better")));
        Assert.That(accepted.Candidate!.Auc, Is.EqualTo(good.Report.Auc).Within(1e-9), "measured on the rows that the fit held out");
        var refused = ChampionChallenge.Judge(poor, all, s_fit, Write(good));
        Assert.That((refused.IsAccepted, refused.Code), Is.EqualTo((false, "not_better")));
        Assert.That(ChampionChallenge.Judge(good, all, s_fit, Write(good)).Code, Is.EqualTo("not_better"), "against itself");
    }

    [Test]
    public void A_champion_with_features_that_the_rows_lack_is_an_error()
    {
        var set = SyntheticData.Draw(1000, 3, 1, SyntheticData.Line);
        var other = ModelFitter.Fit(SyntheticData.Draw(1000, 5, 1, SyntheticData.Line), s_fit);
        var error = Assert.Throws<ModelException>(() => ChampionChallenge.Judge(ModelFitter.Fit(set, s_fit), set, s_fit, Write(other)))!;
        Assert.That(error.Code, Is.EqualTo(ModelException.UnknownFeature));
        Assert.That(error.Message, Does.Contain("'f3'"));
    }

    static string Write(FittedModel model) => TestModels.Write(model.ToOnnx("champion", "1"));
}
