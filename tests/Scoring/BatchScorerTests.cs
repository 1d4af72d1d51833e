using CartRecovery.Engine.Learning.Training;
using CartRecovery.Engine.Scoring;
using CartRecovery.Engine.Scoring.Onnx;

namespace CartRecovery.Tests.Scoring;

public sealed class BatchScorerTests
{
    OnnxModel _model = null!;

    [SetUp]
    public void Load() => _model = OnnxModel.Load(TestModels.Write(TestModels.Linear()), TestModels.Known);

    [TearDown]
    public void Unload() => _model.Dispose();

    [Test]
    public void Batch_and_single_scores_are_equal()
    {
        const int Rows = 100;
        using var batch = _model.CreateScorer(Rows);
        using var single = _model.CreateScorer(1);
        Fill(batch, Rows);
        var together = batch.Score(Rows);
        for (var i = 0; i < Rows; i++)
        {
            batch.Row(i).CopyTo(single.Row(0));
            Assert.That(together[i], Is.EqualTo(single.Score(1)[0]));
            Assert.That(together[i], Is.EqualTo(TestModels.Expected(batch.Row(i))).Within(1e-6f));
        }
    }

    [Test]
    public void Every_size_up_to_the_capacity_is_scored()
    {
        using var scorer = _model.CreateScorer(17);
        Fill(scorer, 17);
        for (var rows = 17; rows >= 1; rows--)
        {
            var scores = scorer.Score(rows);
            Assert.That(scores.Length, Is.EqualTo(rows));
            Assert.That(scores[rows - 1], Is.EqualTo(TestModels.Expected(scorer.Row(rows - 1))).Within(1e-6f));
        }
    }

    [Test]
    public void Scoring_allocates_nothing()
    {
        using var scorer = _model.CreateScorer(64);
        Fill(scorer, 64);
        scorer.Score(64);
        scorer.Score(5);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            scorer.Score(i % 65);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void An_empty_batch_has_no_scores()
    {
        using var scorer = _model.CreateScorer(4);
        Assert.That(scorer.Score(0).IsEmpty);
    }

    [TestCase(-1)]
    [TestCase(5)]
    public void A_batch_over_the_capacity_is_rejected(int rows)
    {
        using var scorer = _model.CreateScorer(4);
        Assert.Throws<ArgumentOutOfRangeException>(() => scorer.Score(rows));
    }

    [Test]
    public void A_score_is_clamped_to_0_and_1_and_NaN_becomes_0()
    {
        var graph = TestModels.Named("cart_value");
        graph.Input("x", OnnxGraph.Float, -1, 1);
        graph.Output("p", OnnxGraph.Float, -1, 1);
        graph.Node("Identity", ["x"], ["p"]);
        using var model = OnnxModel.Load(TestModels.Write(graph), TestModels.Known);
        float[] given = [0.25f, -3, 7, float.NaN, float.PositiveInfinity, float.NegativeInfinity];
        using var scorer = model.CreateScorer(given.Length);
        for (var i = 0; i < given.Length; i++)
        {
            scorer.Row(i)[0] = given[i];
        }

        Assert.That(scorer.Score(given.Length).ToArray(), Is.EqualTo(new[] { 0.25f, 0, 1, 0, 1, 0 }));
    }

    [Test]
    public void Scorers_on_several_threads_share_one_model()
    {
        const int Threads = 4, Rounds = 200;
        var wrong = 0;
        var threads = Enumerable.Range(0, Threads).Select(t => new Thread(() =>
        {
            using var scorer = _model.CreateScorer(32);
            for (var round = 0; round < Rounds; round++)
            {
                for (var i = 0; i < 32; i++)
                {
                    ((ReadOnlySpan<float>)[t, i % 5, round % 7]).CopyTo(scorer.Row(i));
                }

                var scores = scorer.Score(32);
                for (var i = 0; i < 32; i++)
                {
                    if (MathF.Abs(scores[i] - TestModels.Expected(scorer.Row(i))) > 1e-6f)
                    {
                        Interlocked.Increment(ref wrong);
                    }
                }
            }
        })).ToArray();
        foreach (var thread in threads)
        {
            thread.Start();
        }

        foreach (var thread in threads)
        {
            thread.Join();
        }

        Assert.That(wrong, Is.Zero);
    }

    [Test]
    public void A_scorer_outlives_its_model()
    {
        var model = OnnxModel.Load(TestModels.Write(TestModels.Linear()), TestModels.Known);
        using var scorer = model.CreateScorer(1);
        model.Dispose();
        ((ReadOnlySpan<float>)[2, 1, 0]).CopyTo(scorer.Row(0));
        Assert.That(scorer.Score(1)[0], Is.EqualTo(0.5f).Within(1e-6f));
    }

    [Test]
    public void A_disposed_scorer_throws()
    {
        var scorer = _model.CreateScorer(1);
        scorer.Dispose();
        scorer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => scorer.Score(1));
    }

    [Test]
    public void A_disposed_model_creates_no_scorer()
    {
        var model = OnnxModel.Load(TestModels.Write(TestModels.Linear()), TestModels.Known);
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.CreateScorer(1));
    }

    static void Fill(BatchScorer scorer, int rows)
    {
        for (var i = 0; i < rows; i++)
        {
            ((ReadOnlySpan<float>)[i % 11 - 5, i % 4, i % 24 - 12]).CopyTo(scorer.Row(i));
        }
    }
}
