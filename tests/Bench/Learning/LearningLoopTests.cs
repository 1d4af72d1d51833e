using CartRecovery.Bench.Learning;
using CartRecovery.Engine.Learning.Evaluation;
using CartRecovery.Engine.Learning.Retraining;
using CartRecovery.Engine.Learning.Training;
using CartRecovery.Engine.Scoring.Canary;
using CartRecovery.Engine.Scoring.Onnx;
using CartRecovery.Engine.State;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Bench.Learning;

/// <summary>A small simulated shop with a known truth; <c>bench -- learning</c> is the large one, with the goals in full.</summary>
public sealed class LearningLoopTests
{
    static readonly LearningLoopOptions s_small = new()
    {
        CartsADay = 1500,
        RowsADay = 1000,
        MaxRows = 6000,
        Retraining = new RetrainingOptions
        {
            MinDays = 2,
            Trees = new BoostedTreesOptions { Count = 80, Depth = 3, LearningRate = 0.15, Patience = 15 },
            Challenge = new ChallengeOptions { Rounds = 100 },
        },
        Policy = new CanaryPolicy { Steps = [25, 100], MinCarts = 200, MinOrders = 40, MinBought = 20 },
    };

    static readonly ShopTruth s_before = new(IsChanged: false), s_after = new(IsChanged: true);

    OnnxModel _v0 = null!;
    LearningLoop _loop = null!;
    LoopQuality _learned = null!, _outdated = null!, _renewed = null!;
    double _costOfShadow, _costOfCanary;
    OnnxModel _first = null!, _champion = null!, _championAfterPoison = null!;
    int _changed;

    [OneTimeSetUp]
    public void Live()
    {
        _v0 = OnnxModel.Load(Path.Combine(Repository.Root, "config", "models", "purchase.onnx"), FeatureTable.Names);
        _loop = new LearningLoop(s_small, _v0);
        _loop.Run(17, s_before);
        (_learned, _first) = (_loop.Measure(s_before, 10_000), _loop.Champion);
        _loop.Settle(s_before);
        _loop.Poison(isCanary: false);
        _loop.Run(4, s_before);
        _costOfShadow = _loop.PoisonCost;
        _loop.Settle(s_before);
        _champion = _loop.Champion;
        _loop.Poison(isCanary: true);
        _loop.Run(2, s_before);
        (_costOfCanary, _championAfterPoison) = (_loop.PoisonCost, _loop.Champion);
        (_changed, _outdated) = (_loop.Day, _loop.Measure(s_after, 10_000));
        _loop.Run(20, s_after);
        _renewed = _loop.Measure(s_after, 10_000);
    }

    [OneTimeTearDown]
    public void Dispose()
    {
        _loop.Dispose();
        _v0.Dispose();
    }

    [Test]
    public void From_the_shipped_model_the_shop_gets_a_champion_of_its_own_that_is_close_to_the_best_possible()
    {
        Assert.That(_first, Is.Not.SameAs(_v0), Story);
        Assert.That(_learned.Auc, Is.GreaterThan(_learned.BestAuc - 0.04), $"{_learned}");
        Assert.That(_learned.CalibrationError, Is.LessThan(0.03), $"{_learned}");
    }

    [Test]
    public void A_candidate_of_flipped_labels_is_withdrawn_as_a_shadow_at_no_cost()
    {
        Assert.That(After(poison: 1).First(step => step.Kind != "refused").Kind, Is.EqualTo("withdrawn"), Story);
        Assert.That(_costOfShadow, Is.Zero);
    }

    [Test]
    public void As_a_canary_it_is_rolled_back_within_days_and_its_cost_is_known()
    {
        Assert.That(After(poison: 2).First().Kind, Is.EqualTo("rolled_back"), Story);
        Assert.That(_costOfCanary, Is.Positive.And.LessThan(5000));
        Assert.That(_championAfterPoison, Is.SameAs(_champion));
    }

    [Test]
    public void When_the_truth_changes_it_is_noticed_and_a_new_champion_is_trained_and_promoted()
    {
        Assert.That(_loop.Steps.Where(step => step.Day >= _changed).Select(step => step.Kind), Does.Contain("drift").And.Contain("trained").And.Contain("promoted"), Story);
        Assert.That(_renewed.Auc, Is.GreaterThan(_outdated.Auc + 0.05), $"{_outdated} {_renewed}");
    }

    // What followed the first or second poisoned candidate.
    IEnumerable<LoopStep> After(int poison)
    {
        var seen = 0;
        return _loop.Steps.SkipWhile(step => (seen += step.Kind == "poisoned" ? 1 : 0) < poison).Skip(1);
    }

    string Story() => string.Join('\n', _loop.Steps.Select(step => $"{step.Day} {step.Kind}: {step.Text}"));
}
