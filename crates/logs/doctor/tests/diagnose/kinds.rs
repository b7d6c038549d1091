//! Kinds of logs that were once judged wrongly, each with what must be found and what must not.

use foliar_doctor::{Id, RunSetup, Severity, diagnose};
use foliar_logread::{Split, read_log};

/// What a log is, the classes that are known, the log, what must be found (loudly where it is no conclusion or note), and what must not
/// be said.
type Kind = (&'static str, Option<usize>, &'static str, Option<Id>, &'static [Id]);

const KINDS: &[Kind] = &[
    (
        "training that becomes worse in each epoch since its best, and validation with it",
        None,
        "epoch,loss,acc,val_loss,val_acc\n1,1.812,0.412,1.652,0.453\n2,1.324,0.571,1.293,0.582\n\
         3,1.102,0.634,1.144,0.621\n4,1.131,0.628,1.171,0.617\n5,1.173,0.621,1.212,0.608\n\
         6,1.221,0.611,1.263,0.594\n7,1.284,0.601,1.318,0.583\n8,1.352,0.592,1.374,0.571\n",
        Some(Id::LrTooHigh),
        &[Id::Healthy, Id::Overfit],
    ),
    (
        "a validation loss alone that rises since its least",
        None,
        "step,valid_loss\n500,2.912\n1000,2.514\n1500,2.302\n2000,2.314\n2500,2.341\n3000,2.362\n3500,2.401\n\
         4000,2.433\n",
        Some(Id::Plateau),
        &[Id::Healthy],
    ),
    (
        "two classes and half of the answers right within a late epoch",
        Some(2),
        "Epoch 6 [0/640] loss: 0.6931 acc: 0.492\nEpoch 6 [80/640] loss: 0.6937 acc: 0.504\n\
         Epoch 6 [160/640] loss: 0.6943 acc: 0.496\nEpoch 6 [240/640] loss: 0.6934 acc: 0.508\n\
         Epoch 6 [320/640] loss: 0.6940 acc: 0.500\nEpoch 6 [400/640] loss: 0.6931 acc: 0.492\n\
         Epoch 6 [480/640] loss: 0.6937 acc: 0.504\nEpoch 6 [560/640] loss: 0.6943 acc: 0.496\n\
         Epoch 6 val acc: 0.500\n",
        Some(Id::AtChance),
        &[Id::Healthy],
    ),
    (
        "a map whose points are nearly all right in the first epoch and all right from then on",
        None,
        "epoch,loss,acc,val_loss,val_acc\n1,0.02000,0.9993,0.01000,1.0000\n2,0.01000,1.0000,0.00500,1.0000\n\
         3,0.00667,1.0000,0.00333,1.0000\n4,0.00500,1.0000,0.00250,1.0000\n5,0.00400,1.0000,0.00200,1.0000\n\
         6,0.00333,1.0000,0.00167,1.0000\n7,0.00286,1.0000,0.00143,1.0000\n8,0.00250,1.0000,0.00125,1.0000\n",
        Some(Id::TooGood),
        &[Id::Healthy],
    ),
    (
        "training losses of single batches, far apart, beside a validation that goes on",
        None,
        "epoch,loss,val_loss,val_acc\n1,0.412,0.384,0.867\n2,0.0031,0.366,0.873\n3,0.287,0.348,0.879\n\
         4,0.0452,0.330,0.885\n5,0.531,0.312,0.891\n6,0.0022,0.294,0.897\n7,0.198,0.276,0.903\n\
         8,0.0613,0.258,0.909\n",
        Some(Id::Healthy),
        &[Id::LrTooHigh],
    ),
    (
        "five epochs whose validation falls back once, with twice the loss",
        None,
        "epoch,loss,acc,val_loss,val_acc\n1,1.021,0.482,1.312,0.361\n2,0.893,0.573,1.011,0.512\n3,0.821,0.617,0.974,0.533\n\
         4,0.766,0.648,2.163,0.352\n5,0.731,0.668,0.948,0.562\n",
        Some(Id::UnstableValidation),
        &[Id::Healthy],
    ),
    (
        "one early fall in a long run that recovers",
        None,
        "epoch,loss,acc,val_loss,val_acc\n1,1.412,0.451,1.321,0.492\n2,1.052,0.603,2.413,0.311\n3,0.853,0.692,0.894,0.671\n\
         4,0.714,0.743,0.812,0.712\n5,0.621,0.771,0.753,0.731\n6,0.552,0.803,0.704,0.752\n7,0.493,0.822,0.663,0.771\n\
         8,0.441,0.841,0.632,0.783\n9,0.403,0.855,0.611,0.791\n10,0.372,0.864,0.602,0.794\n",
        Some(Id::Healthy),
        &[Id::UnstableValidation],
    ),
    (
        "losses of validation that double again and again, and no accuracy",
        None,
        "epoch,loss,val_loss\n1,1.412,1.513\n2,1.211,1.221\n3,1.052,2.914\n4,0.921,1.122\n5,0.813,2.721\n6,0.752,1.051\n",
        Some(Id::UnstableValidation),
        &[Id::Healthy],
    ),
    (
        "a validation loss that rises in each epoch after the second",
        None,
        "epoch,loss,val_loss,val_acc\n1,0.602,0.723,0.688\n2,0.401,0.571,0.741\n3,0.297,0.622,0.752\n4,0.213,0.641,0.747\n\
         5,0.148,0.712,0.748\n6,0.094,0.771,0.735\n",
        Some(Id::Overfit),
        &[Id::Healthy],
    ),
    (
        "a validation loss that stays a quarter above its best while training goes on",
        None,
        "epoch,loss,val_loss\n1,0.571,0.862\n2,0.353,0.731\n3,0.252,0.561\n4,0.161,0.624\n5,0.116,0.652\n6,0.081,0.766\n7,0.054,0.747\n",
        Some(Id::Overfit),
        &[Id::Healthy],
    ),
    (
        "a leap of validation in the last epoch, in which training hardly moves",
        None,
        "epoch,loss,acc,val_loss,val_acc\n1,1.713,0.302,1.962,0.277\n2,1.341,0.386,1.491,0.356\n3,1.107,0.502,1.238,0.471\n\
         4,0.911,0.592,1.083,0.559\n5,0.765,0.662,2.013,0.401\n",
        None,
        &[Id::Healthy, Id::Overfit],
    ),
    (
        "accuracies alone that go up and down",
        None,
        "epoch,val_acc\n1,0.421\n2,0.612\n3,0.331\n4,0.683\n5,0.412\n6,0.701\n",
        Some(Id::TooLittleToTell),
        &[Id::Healthy],
    ),
    (
        "an accuracy that is lost in the last epoch",
        None,
        "epoch,loss,val_acc\n1,1.412,0.412\n2,1.051,0.553\n3,0.852,0.642\n4,0.621,0.683\n5,0.592,0.712\n6,0.853,0.102\n",
        Some(Id::TooLittleToTell),
        &[Id::Healthy],
    ),
    (
        "a loss of nothing beside nothing right",
        None,
        "epoch: 1 train loss: 4.41 - valid loss: 1.37, valid error rate: 5.21e-02\nepoch: 2 train loss: 2.03 - valid loss: 1.08, valid error rate: 3.55e-02\n\
         epoch: 3 train loss: 1.66 - valid loss: 0.71, valid error rate: 2.41e-02\nepoch: 4 train loss: 1.41 - valid loss: 0.66, valid error rate: 2.20e-02\n\
         epoch: 5 train loss: 1.52 - valid loss: 0.00e+00, valid error rate: 1.00e+00\n",
        Some(Id::ImpossibleValue),
        &[Id::Healthy],
    ),
    (
        "a language model that learns its text by heart, told by step",
        None,
        "step 0: train loss 9.8121, val loss 9.8204\nstep 400: train loss 0.7113, val loss 7.7312\nstep 800: train loss 0.2411, val loss 8.8013\n\
         step 1200: train loss 0.1612, val loss 9.4121\nstep 1600: train loss 0.1313, val loss 9.9312\nstep 2000: train loss 0.1102, val loss 10.2213\n",
        Some(Id::Overfit),
        &[Id::TrainEvalMismatch, Id::Healthy],
    ),
    (
        "two classes, guessed, a little above ln 2",
        None,
        "Epoch: 1 | train_loss: 0.7043 | train_acc: 0.4962 | test_loss: 0.7081 | test_acc: 0.5013\nEpoch: 2 | train_loss: 0.7004 | train_acc: 0.5131 | test_loss: 0.7046 | test_acc: 0.5122\n\
         Epoch: 3 | train_loss: 0.6998 | train_acc: 0.5207 | test_loss: 0.7102 | test_acc: 0.4958\nEpoch: 4 | train_loss: 0.7012 | train_acc: 0.5044 | test_loss: 0.6983 | test_acc: 0.5311\n\
         Epoch: 5 | train_loss: 0.7001 | train_acc: 0.5150 | test_loss: 0.6991 | test_acc: 0.5206\n",
        Some(Id::AtChance),
        &[Id::Healthy],
    ),
    (
        "ten classes, guessed, of which training prints the loss and validation the accuracy",
        None,
        "epoch 1 train_loss=2.3112 val_acc=0.0982\nepoch 2 train_loss=2.3051 val_acc=0.1013\nepoch 3 train_loss=2.3043 val_acc=0.0991\n\
         epoch 4 train_loss=2.3047 val_acc=0.1022\nepoch 5 train_loss=2.3039 val_acc=0.1004\nepoch 6 train_loss=2.3044 val_acc=0.0987\n",
        Some(Id::AtChance),
        &[Id::Healthy],
    ),
    (
        "squared errors of guessing",
        None,
        "epoch,loss,val_loss,val_acc\n1,0.4412,0.2603,0.5021\n2,0.2561,0.2542,0.4983\n3,0.2511,0.2509,0.5032\n4,0.2493,0.2517,0.4968\n\
         5,0.2482,0.2495,0.5013\n6,0.2471,0.2532,0.4991\n7,0.2466,0.2489,0.5007\n",
        Some(Id::AtChance),
        &[Id::LossScaled, Id::DegenerateMetric, Id::Healthy],
    ),
    (
        "a thousand classes, guessed, with one test",
        None,
        "Iteration 50000, loss = 6.9071\nIteration 50000, Testing net\n    Test net output: accuracy = 0.00102\n    Test net output: loss = 6.9083\n\
         Iteration 51000, loss = 6.9094\nIteration 52000, loss = 6.9068\n",
        Some(Id::AtChance),
        &[Id::Healthy],
    ),
    (
        "three classes of which next to nothing is learned",
        None,
        "Epoch: 1 | train_loss: 1.1012 | train_acc: 0.3312 | test_loss: 1.0951 | test_acc: 0.3125\nEpoch: 2 | train_loss: 1.0963 | train_acc: 0.3532 | test_loss: 1.0812 | test_acc: 0.4812\n\
         Epoch: 3 | train_loss: 1.0871 | train_acc: 0.4121 | test_loss: 1.0774 | test_acc: 0.5213\nEpoch: 4 | train_loss: 1.0803 | train_acc: 0.4307 | test_loss: 1.0692 | test_acc: 0.5412\n\
         Epoch: 5 | train_loss: 1.0712 | train_acc: 0.4251 | test_loss: 1.0631 | test_acc: 0.5533\n",
        Some(Id::TooLittleToTell),
        &[Id::Healthy],
    ),
    (
        "overlap of pixels beside an accuracy that never moves",
        None,
        "epoch 1 | train_loss: 0.8112 | val_loss: 0.6413 | val_dice: 0.7013 | val_accuracy: 0.0211\nepoch 2 | train_loss: 0.4313 | val_loss: 0.3612 | val_dice: 0.7521 | val_accuracy: 0.0211\n",
        Some(Id::TooLittleToTell),
        &[Id::LossScaled, Id::Healthy],
    ),
    (
        "a training loss near 0 beside a validation accuracy that stays",
        None,
        "Epoch    Loss      Validation Accuracy\n1        0.6212    0.6914\n2        0.5113    0.7412\n3        0.4011    0.7521\n4        0.2713    0.7583\n\
         5        0.1512    0.7534\n6        0.0721    0.7467\n7        0.0402    0.7412\n8        0.0214    0.7441\n",
        Some(Id::Overfit),
        &[Id::Healthy],
    ),
    (
        "two runs, of which the worse one learns by heart",
        None,
        "Epoch    Loss      Validation Accuracy\n1        0.6212    0.6914\n2        0.5113    0.7412\n3        0.4011    0.7521\n4        0.2713    0.7583\n\
         5        0.1512    0.7534\n6        0.0721    0.7467\n7        0.0402    0.7412\n8        0.0214    0.7441\n\nEpoch    Loss      Validation Accuracy\n\
         1        0.6453    0.6812\n2        0.5614    0.7402\n3        0.5103    0.7611\n4        0.4752    0.7702\n5        0.4461    0.7813\n6        0.4212    0.7874\n\
         7        0.3914    0.7952\n8        0.3702    0.8013\n",
        Some(Id::SeveralRuns),
        &[Id::Healthy],
    ),
    (
        "training and validation that become worse together and come back",
        None,
        "epoch 41 loss 0.5104 train acc 0.8412 val acc 0.8377\nepoch 42 loss 0.5333 train acc 0.8391 val acc 0.8402\n\
         epoch 43 loss 0.7421 train acc 0.7105 val acc 0.7214\nepoch 44 loss 0.6019 train acc 0.8276 val acc 0.8311\n\
         epoch 45 loss 0.5212 train acc 0.8405 val acc 0.8389\nepoch 46 loss 0.7713 train acc 0.7008 val acc 0.6911\n\
         epoch 47 loss 0.6104 train acc 0.8203 val acc 0.8254\nepoch 48 loss 0.5037 train acc 0.8433 val acc 0.8408\n",
        Some(Id::LrTooHigh),
        &[Id::Healthy],
    ),
    (
        "validation that swings a little, and training that rises",
        None,
        "epoch 1 loss 1.2104 train acc 0.5412 val acc 0.5577\nepoch 2 loss 0.9333 train acc 0.6391 val acc 0.6402\n\
         epoch 3 loss 0.8021 train acc 0.6905 val acc 0.6414\nepoch 4 loss 0.7119 train acc 0.7276 val acc 0.7311\n\
         epoch 5 loss 0.6412 train acc 0.7505 val acc 0.7189\nepoch 6 loss 0.5913 train acc 0.7708 val acc 0.7611\n\
         epoch 7 loss 0.5604 train acc 0.7803 val acc 0.7654\nepoch 8 loss 0.5337 train acc 0.7933 val acc 0.7708\n",
        Some(Id::Healthy),
        &[Id::LrTooHigh],
    ),
    (
        "names with commas in a frame of stars above numbers that tabs part, the last one cut",
        None,
        "Epoch: 1 | Time: 1m 2s\n****train_loss,train_acc,valid_loss,valid_ac****\n4.8312\t2.6113\t4.7021\t3.1250\n\
         Epoch: 2 | Time: 1m 2s\n****train_loss,train_acc,valid_loss,valid_ac****\n4.7514\t2.4554\t4.6914\t3.1250\n\
         Epoch: 3 | Time: 1m 1s\n****train_loss,train_acc,valid_loss,valid_ac****\n4.7209\t2.7902\t4.6877\t3.1250\n\
         Epoch: 4 | Time: 1m 2s\n****train_loss,train_acc,valid_loss,valid_ac****\n4.7181\t2.6786\t4.6903\t3.1250\n\
         Epoch: 5 | Time: 1m 2s\n****train_loss,train_acc,valid_loss,valid_ac****\n4.7166\t2.9018\t4.6881\t3.1250\n\
         Epoch: 6 | Time: 1m 2s\n****train_loss,train_acc,valid_loss,valid_ac****\n4.7172\t2.7344\t4.6889\t3.1250\n",
        Some(Id::AtChance),
        &[Id::Healthy],
    ),
    (
        "a loss that is added up between two lines beside an F-score that rises",
        None,
        "E    #       LOSS TOK2VEC  LOSS NER  ENTS_F  ENTS_P  ENTS_R  SCORE \n\
         ---  ------  ------------  --------  ------  ------  ------  ------\n\
         \x20 0       0          0.00     52.17    4.12    3.01    6.53    0.04\n\
         \x20 0     500         81.44   3120.91   71.03   72.44   69.67    0.71\n\
         \x20 1    1000         63.18   2208.36   79.94   80.71   79.18    0.80\n\
         \x20 1    1500         71.52   2301.75   83.27   83.02   83.52    0.83\n\
         \x20 2    2000         77.03   2117.60   85.11   85.60   84.63    0.85\n",
        Some(Id::Healthy),
        &[Id::Diverged, Id::LrTooHigh],
    ),
    (
        "an accuracy that is never counted beside a perplexity of few words",
        None,
        "Epoch  4,   100/  400; acc:   0.00; ppl:  14.21; 3 s elapsed\nEpoch  4,   200/  400; acc:   0.00; ppl:  13.74; 6 s elapsed\n\
         Epoch  4,   300/  400; acc:   0.00; ppl:  13.02; 9 s elapsed\nEpoch  4,   400/  400; acc:   0.00; ppl:  12.66; 12 s elapsed\n\
         Train perplexity: 13.41\nTrain accuracy: 0\nValidation perplexity: 12.87\nValidation accuracy: 0\n\
         Epoch  5,   100/  400; acc:   0.00; ppl:  11.93; 3 s elapsed\nEpoch  5,   200/  400; acc:   0.00; ppl:  11.54; 6 s elapsed\n",
        Some(Id::ImpossibleValue),
        &[Id::Healthy],
    ),
    (
        "one validation of the eightieth epoch, far below a training without errors",
        None,
        "INFO Epoch[80] Batch [100]\tSpeed: 410.20 samples/sec\taccuracy=1.000000\n\
         INFO Epoch[80] Train-accuracy=1.000000\nINFO Epoch[80] Validation-accuracy=0.734375\n\
         INFO Epoch[81] Batch [100]\tSpeed: 411.73 samples/sec\taccuracy=1.000000\n",
        Some(Id::Overfit),
        &[Id::Healthy],
    ),
    (
        "the part of a loss for points that stays at that of a uniform map",
        None,
        "json_stats: {\"accuracy_cls\": \"0.125000\", \"iter\": 41200, \"loss\": \"10.112913\", \"loss_cls\": \"2.062110\", \"loss_kps\": \"8.050803\", \"lr\": \"0.001000\"}\n\
         json_stats: {\"accuracy_cls\": \"0.000000\", \"iter\": 41220, \"loss\": \"10.251427\", \"loss_cls\": \"2.200915\", \"loss_kps\": \"8.050512\", \"lr\": \"0.001000\"}\n\
         json_stats: {\"accuracy_cls\": \"0.125000\", \"iter\": 41240, \"loss\": \"10.170221\", \"loss_cls\": \"2.119606\", \"loss_kps\": \"8.050615\", \"lr\": \"0.001000\"}\n\
         json_stats: {\"accuracy_cls\": \"0.000000\", \"iter\": 41260, \"loss\": \"10.088017\", \"loss_cls\": \"2.037401\", \"loss_kps\": \"8.050616\", \"lr\": \"0.001000\"}\n",
        Some(Id::AtChance),
        &[Id::Healthy],
    ),
    (
        "two numbered sets of a boosting whose error of the second turns a little",
        None,
        "[0]\tvalidation_0-rmse:2.11027\tvalidation_1-rmse:2.05512\n[1]\tvalidation_0-rmse:1.52110\tvalidation_1-rmse:1.49921\n\
         [2]\tvalidation_0-rmse:1.12048\tvalidation_1-rmse:1.13206\n[3]\tvalidation_0-rmse:0.85511\tvalidation_1-rmse:0.90214\n\
         [4]\tvalidation_0-rmse:0.69917\tvalidation_1-rmse:0.77325\n[5]\tvalidation_0-rmse:0.61204\tvalidation_1-rmse:0.70818\n\
         [6]\tvalidation_0-rmse:0.56318\tvalidation_1-rmse:0.68103\n[7]\tvalidation_0-rmse:0.53022\tvalidation_1-rmse:0.67019\n\
         [8]\tvalidation_0-rmse:0.50815\tvalidation_1-rmse:0.66612\n[9]\tvalidation_0-rmse:0.49103\tvalidation_1-rmse:0.66704\n",
        Some(Id::Healthy),
        &[Id::Overfit, Id::TooLittleToTell],
    ),
    (
        "ten epochs from the middle of a run that learns slowly",
        None,
        "epoch,loss,acc,val_loss,val_acc\n61,0.8121,0.7213,0.7104,0.7562\n62,0.8103,0.7221,0.7052,0.7611\n63,0.8090,0.7228,0.7127,0.7548\n\
         64,0.8066,0.7236,0.6973,0.7634\n65,0.8059,0.7240,0.7019,0.7607\n66,0.8042,0.7247,0.6921,0.7668\n67,0.8031,0.7255,0.6956,0.7641\n\
         68,0.8014,0.7263,0.6874,0.7693\n69,0.8002,0.7266,0.6903,0.7670\n70,0.7988,0.7274,0.6868,0.7701\n",
        Some(Id::Healthy),
        &[Id::TooLittleToTell],
    ),
    (
        "one class given to all from the second epoch on, while the losses come down to what its share costs",
        None,
        "epoch,loss,accuracy,val_loss,val_accuracy\n1,1.6233,0.3712,1.1044,0.2713\n2,0.9120,0.6021,0.7314,0.7234\n3,0.6911,0.7305,0.6412,0.7234\n\
         4,0.6320,0.7305,0.6107,0.7234\n5,0.6133,0.7305,0.6021,0.7234\n6,0.6092,0.7291,0.6188,0.7234\n7,0.6014,0.7305,0.5993,0.7234\n",
        Some(Id::DegenerateMetric),
        &[Id::Healthy, Id::Overfit],
    ),
    (
        "one accuracy from the second epoch on, of a network that is far surer than one class allows",
        None,
        "epoch,loss,accuracy,val_loss,val_accuracy\n1,0.4233,0.8212,0.2044,0.9513\n2,0.1620,0.9521,0.1114,0.9734\n3,0.1211,0.9605,0.0912,0.9734\n\
         4,0.1020,0.9645,0.0807,0.9734\n5,0.0933,0.9685,0.0771,0.9734\n6,0.0892,0.9691,0.0758,0.9734\n7,0.0814,0.9705,0.0743,0.9734\n",
        Some(Id::Healthy),
        &[Id::DegenerateMetric],
    ),
    (
        "a table with a row a finished run",
        None,
        "started,optimizer,max_epochs,batch_size,weight_decay,lr,best_val_loss,accuracy,f1\n2024-03-01T10:00:00,adam,40,32,0.01,0.001,0.4127,0.871,0.862\n\
         2024-03-01T11:00:00,adam,40,32,0.01,0.001,0.3911,0.884,0.879\n2024-03-02T09:30:00,sgd,80,64,0.001,0.0003,0.2872,0.923,0.918\n",
        Some(Id::NotALog),
        &[Id::Healthy, Id::Overfit],
    ),
    (
        "one set given twice",
        None,
        "[0]\ttrain-rmse:9.41022\teval-rmse:9.41022\n[1]\ttrain-rmse:6.80114\teval-rmse:6.80114\n[2]\ttrain-rmse:5.02217\teval-rmse:5.02217\n\
         [3]\ttrain-rmse:3.81406\teval-rmse:3.81406\n[4]\ttrain-rmse:2.99013\teval-rmse:2.99013\n[5]\ttrain-rmse:2.41208\teval-rmse:2.41208\n",
        Some(Id::TooGood),
        &[Id::Healthy, Id::StillImproving],
    ),
    (
        "training photos that were validated",
        None,
        "epoch,loss,acc,val_loss,val_acc\n1,1.2114,0.5312,1.2114,0.5312\n2,0.8311,0.7013,0.8311,0.7013\n3,0.6022,0.7914,0.6022,0.7914\n4,0.4713,0.8411,0.4713,0.8411\n",
        Some(Id::TooGood),
        &[Id::Healthy, Id::StillImproving],
    ),
    (
        "rounds of a boosting whose best score was told to be the third",
        None,
        "60:\tlearn: 0.9120114\ttest: 0.7811020\tbest: 0.7903311 (3)\ttotal: 31.2s\tremaining: 12m 2s\n61:\tlearn: 0.9127733\ttest: 0.7813102\tbest: 0.7903311 (3)\ttotal: 31.7s\tremaining: 12m 1s\n\
         62:\tlearn: 0.9131108\ttest: 0.7809911\tbest: 0.7903311 (3)\ttotal: 32.1s\tremaining: 12m 1s\n63:\tlearn: 0.9138814\ttest: 0.7812207\tbest: 0.7903311 (3)\ttotal: 32.6s\tremaining: 12m\n\
         64:\tlearn: 0.9143019\ttest: 0.7815541\tbest: 0.7903311 (3)\ttotal: 33.2s\tremaining: 12m\n65:\tlearn: 0.9150206\ttest: 0.7814420\tbest: 0.7903311 (3)\ttotal: 33.7s\tremaining: 11m 59s\n\
         66:\tlearn: 0.9154417\ttest: 0.7812218\tbest: 0.7903311 (3)\ttotal: 34.1s\tremaining: 11m 58s\n67:\tlearn: 0.9160314\ttest: 0.7816115\tbest: 0.7903311 (3)\ttotal: 34.7s\tremaining: 11m 58s\n\
         68:\tlearn: 0.9166022\ttest: 0.7813317\tbest: 0.7903311 (3)\ttotal: 35.2s\tremaining: 11m 57s\n69:\tlearn: 0.9171111\ttest: 0.7812204\tbest: 0.7903311 (3)\ttotal: 35.8s\tremaining: 11m 57s\n\
         70:\tlearn: 0.9176014\ttest: 0.7814001\tbest: 0.7903311 (3)\ttotal: 36.2s\tremaining: 11m 56s\n71:\tlearn: 0.9180205\ttest: 0.7815107\tbest: 0.7903311 (3)\ttotal: 36.8s\tremaining: 11m 56s\n",
        Some(Id::Overfit),
        &[Id::Healthy, Id::TooLittleToTell],
    ),
    (
        "three validations that guess while the training loss nears nothing",
        None,
        "Epoch [1][5/30] loss: 1.8211\nEpoch [1][15/30] loss: 0.9034\nEpoch [1][25/30] loss: 0.6121\nEpoch(val) [1][4] accuracy_top-1: 18.0000, accuracy_top-3: 46.0000\n\
         Epoch [2][5/30] loss: 0.4412\nEpoch [2][15/30] loss: 0.3307\nEpoch [2][25/30] loss: 0.2811\nEpoch(val) [2][4] accuracy_top-1: 16.0000, accuracy_top-3: 44.0000\n\
         Epoch [3][5/30] loss: 0.1914\nEpoch [3][15/30] loss: 0.1508\nEpoch [3][25/30] loss: 0.1103\nEpoch(val) [3][4] accuracy_top-1: 18.0000, accuracy_top-3: 48.0000\n",
        Some(Id::Overfit),
        &[Id::Healthy, Id::StillImproving],
    ),
    (
        "two classes that validation still guesses, while training has fallen to the loss of guessing",
        None,
        "epoch     train_loss  valid_loss  error_rate  recall_score  time\n0         1.304112    2.911340    0.492063    0.000000      00:09\n\
         1         1.120451    1.870114    0.492063    0.000000      00:09\n2         0.951207    0.811902    0.515873    0.983871      00:09\n\
         3         0.870118    1.204417    0.507937    1.000000      00:09\n4         0.802216    0.722341    0.484127    0.354839      00:09\n\
         5         0.741190    0.911206    0.492063    0.000000      00:09\n6         0.702318    0.704417    0.476190    0.677419      00:09\n\
         7         0.655310    0.781203    0.500000    0.967742      00:09\n",
        Some(Id::AtChance),
        &[Id::Healthy, Id::StillImproving],
    ),
    (
        "a share of the largest class from the first epoch on, lines of batches between",
        None,
        "epoch,step,train_accuracy,train_loss,valid_accuracy,valid_loss\n0,49,,0.9811,,\n0,99,,0.9127,,\n0,120,,,0.5822,0.9217\n0,120,0.5713,0.9514,,\n\
         1,149,,0.9302,,\n1,199,,0.9033,,\n1,241,,,0.5831,0.9143\n1,241,0.5809,0.9207,,\n2,299,,0.9007,,\n2,362,,,0.5834,0.9120\n2,362,0.5814,0.9171,,\n\
         3,449,,0.9240,,\n3,483,,,0.5833,0.9116\n3,483,0.5818,0.9160,,\n4,549,,0.8991,,\n4,604,,,0.5836,0.9112\n4,604,0.5817,0.9154,,\n\
         5,649,,0.9107,,\n5,725,,,0.5834,0.9110\n5,725,0.5821,0.9151,,\n6,799,,0.9201,,\n6,846,,,0.5835,0.9111\n6,846,0.5820,0.9149,,\n",
        Some(Id::Plateau),
        &[Id::Healthy, Id::AtChance],
    ),
    (
        "a squared error of numbers that falls to a fifth in training and validation",
        None,
        "epoch,train_mse,val_mse\n1,52.31,50.17\n2,36.02,35.44\n3,25.11,26.03\n4,18.07,19.92\n5,13.60,15.21\n6,10.71,12.84\n7,8.94,11.07\n8,7.83,10.12\n",
        Some(Id::Healthy),
        &[Id::TooLittleToTell],
    ),
    (
        "a squared error of numbers that hardly falls in validation",
        None,
        "epoch,train_mse,val_mse\n1,52.31,50.17\n2,36.02,49.44\n3,25.11,47.03\n4,18.07,48.92\n5,13.60,46.21\n6,10.71,46.84\n7,8.94,47.07\n8,7.83,46.12\n",
        None,
        &[Id::Healthy],
    ),
    (
        "parts of a loss of boxes, of training and validation, beside a precision that rises",
        None,
        "epoch,train/box_loss,train/cls_loss,train/dfl_loss,metrics/mAP50(B),val/box_loss,val/cls_loss,val/dfl_loss\n\
         1,1.81,3.42,1.51,0.112,1.92,3.13,1.56\n2,1.62,2.51,1.40,0.241,1.71,2.54,1.45\n3,1.49,1.93,1.31,0.355,1.57,2.07,1.37\n\
         4,1.38,1.57,1.24,0.446,1.47,1.74,1.31\n5,1.31,1.34,1.19,0.513,1.40,1.53,1.26\n6,1.25,1.19,1.15,0.566,1.35,1.39,1.23\n",
        Some(Id::Healthy),
        &[Id::TooLittleToTell],
    ),
    (
        "parts of a loss of boxes that rise in validation from the third epoch on",
        None,
        "epoch,train/box_loss,train/cls_loss,train/dfl_loss,val/box_loss,val/cls_loss,val/dfl_loss\n\
         1,1.81,3.42,1.51,1.92,3.13,1.56\n2,1.42,2.11,1.30,1.71,2.54,1.45\n3,1.09,1.33,1.01,1.67,2.47,1.47\n4,0.78,0.77,0.84,1.81,2.94,1.53\n\
         5,0.61,0.44,0.69,1.97,3.43,1.62\n6,0.45,0.29,0.55,2.15,3.99,1.73\n7,0.33,0.19,0.41,2.31,4.44,1.84\n8,0.25,0.12,0.33,2.44,4.81,1.91\n",
        Some(Id::Overfit),
        &[Id::Healthy, Id::StillImproving],
    ),
    (
        "an area under the curve that was best in the sixth round, while that of training goes on",
        None,
        "[0]\ttrain-auc:0.71000\teval-auc:0.68992\n[1]\ttrain-auc:0.74770\teval-auc:0.71010\n[2]\ttrain-auc:0.78050\teval-auc:0.72268\n[3]\ttrain-auc:0.80903\teval-auc:0.72915\n\
         [4]\ttrain-auc:0.83386\teval-auc:0.73353\n[5]\ttrain-auc:0.85546\teval-auc:0.73625\n[6]\ttrain-auc:0.87425\teval-auc:0.73606\n[7]\ttrain-auc:0.89060\teval-auc:0.73642\n\
         [8]\ttrain-auc:0.90482\teval-auc:0.73607\n[9]\ttrain-auc:0.91719\teval-auc:0.73556\n[10]\ttrain-auc:0.92796\teval-auc:0.73355\n[11]\ttrain-auc:0.93732\teval-auc:0.73290\n\
         [12]\ttrain-auc:0.94547\teval-auc:0.73154\n[13]\ttrain-auc:0.95256\teval-auc:0.73163\n[14]\ttrain-auc:0.95873\teval-auc:0.73037\n[15]\ttrain-auc:0.96409\teval-auc:0.72824\n\
         [16]\ttrain-auc:0.96876\teval-auc:0.72866\n[17]\ttrain-auc:0.97282\teval-auc:0.72754\n[18]\ttrain-auc:0.97635\teval-auc:0.72594\n[19]\ttrain-auc:0.97943\teval-auc:0.72478\n",
        Some(Id::Overfit),
        &[Id::Healthy, Id::TooLittleToTell],
    ),
    (
        "a word error rate of 1 in all lines beside losses that hardly fall",
        None,
        "| Training Loss | Epoch | Step | Validation Loss | Wer |\n|---|---|---|---|---|\n\
         | 6.0900 | 1.0 | 50 | 5.0050 | 1.0 |\n| 6.0700 | 2.0 | 100 | 4.9900 | 1.0 |\n| 6.0500 | 3.0 | 150 | 4.9750 | 1.0 |\n\
         | 6.0300 | 4.0 | 200 | 4.9600 | 1.0 |\n| 6.0100 | 5.0 | 250 | 4.9450 | 1.0 |\n| 5.9900 | 6.0 | 300 | 4.9300 | 1.0 |\n\
         | 5.9700 | 7.0 | 350 | 4.9150 | 1.0 |\n| 5.9500 | 8.0 | 400 | 4.9000 | 1.0 |\n| 5.9300 | 9.0 | 450 | 4.8850 | 1.0 |\n",
        Some(Id::AtChance),
        &[Id::Healthy, Id::StillImproving],
    ),
    (
        "squared errors of a booster that was given one set twice",
        None,
        "[1]\ttraining's l2: 4.11207\tvalid_1's l2: 4.11207\n[2]\ttraining's l2: 3.31406\tvalid_1's l2: 3.31406\n\
         [3]\ttraining's l2: 2.70118\tvalid_1's l2: 2.70118\n[4]\ttraining's l2: 2.21103\tvalid_1's l2: 2.21103\n",
        Some(Id::TooGood),
        &[Id::Healthy, Id::StillImproving],
    ),
];

#[test]
fn losses_that_hardly_move_beside_an_accuracy_of_numbers_are_a_plateau() {
    let text = "Epoch 21/90\n - loss: 92.1143 - acc: 0.0713 - val_loss: 101.3310 - val_acc: 0.0688\n\
        Epoch 22/90\n - loss: 92.1020 - acc: 0.0717 - val_loss: 100.8472 - val_acc: 0.0701\n\
        Epoch 23/90\n - loss: 92.0931 - acc: 0.0715 - val_loss: 102.0117 - val_acc: 0.0662\n\
        Epoch 24/90\n - loss: 92.0847 - acc: 0.0719 - val_loss: 100.6613 - val_acc: 0.0710\n\
        Epoch 25/90\n - loss: 92.0763 - acc: 0.0714 - val_loss: 100.9154 - val_acc: 0.0695\n\
        Epoch 26/90\n - loss: 92.0691 - acc: 0.0721 - val_loss: 100.4408 - val_acc: 0.0708\n\
        Epoch 27/90\n - loss: 92.0613 - acc: 0.0718 - val_loss: 101.7026 - val_acc: 0.0681\n\
        Epoch 28/90\n - loss: 92.0540 - acc: 0.0720 - val_loss: 100.3982 - val_acc: 0.0712\n";
    let Ok(log) = read_log(text.as_bytes()) else { panic!("not read") };
    let diagnosis = diagnose(&log, &RunSetup::default());
    let said = |id: Id| diagnosis.findings.iter().any(|found| found.id == id);
    assert!(said(Id::Plateau) && !said(Id::Healthy), "{:?}", diagnosis.findings);
}

#[test]
fn scores_are_told_with_their_split_and_epoch() {
    let text = "epoch,train_loss,val_loss,val_mAP,val_f1\n1,1.21,1.33,0.104,0.211\n2,0.93,1.10,0.221,0.342\n3,0.74,0.98,0.317,0.433\n";
    let Ok(log) = read_log(text.as_bytes()) else { panic!("not read") };
    let series = diagnose(&log, &RunSetup::default()).series;
    let wanted = [("val_mAP", [0.104, 0.221, 0.317]), ("val_f1", [0.211, 0.342, 0.433])];
    assert_eq!(series.scores.len(), wanted.len());
    for (score, (name, values)) in series.scores.iter().zip(wanted) {
        assert_eq!((score.name.as_str(), score.split), (name, Some(Split::Validation)));
        let told: Vec<_> = score.values.iter().map(|point| (point.epoch, point.value)).collect();
        assert_eq!(told, [1.0, 2.0, 3.0].map(Some).into_iter().zip(values.map(Some)).collect::<Vec<_>>());
    }
}

#[test]
fn each_kind_is_judged_by_what_it_shows() {
    let mut failures = Vec::new();
    for (name, classes, text, wanted, unwanted) in KINDS {
        let Ok(log) = read_log(text.as_bytes()) else { panic!("not read: {name}") };
        let diagnosis = diagnose(&log, &RunSetup { classes: *classes, ..RunSetup::default() });
        let said = |id: Id| {
            let quiet = matches!(id, Id::Healthy | Id::TooLittleToTell | Id::SeveralRuns);
            diagnosis
                .findings
                .iter()
                .any(|found| found.id == id && (quiet || found.severity > Severity::Note))
        };
        let missing = wanted.filter(|id| !said(*id));
        let wrong: Vec<Id> = unwanted.iter().copied().filter(|id| said(*id)).collect();
        if missing.is_some() || !wrong.is_empty() {
            failures.push(format!("{name}: missing {missing:?}, wrong {wrong:?}"));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
