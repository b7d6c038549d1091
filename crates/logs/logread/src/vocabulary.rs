//! The words of [`crate::lexicon`].

use crate::concept::Concept;
use crate::run_log::Split;

use Concept::{
    Accuracy, BatchSize, Classes, Deviation, EditErrors, Entropy, Epoch, Epochs, Error, ErrorRate, F1,
    Filler, Images, Loss, Part, Percent, Perplexity, Rate, Score, Spoiler, Step, Time, TopFive,
};

pub(crate) const TRAIN: Concept = Concept::Split(Split::Train);
pub(crate) const VALIDATION: Concept = Concept::Split(Split::Validation);
pub(crate) const TEST: Concept = Concept::Split(Split::Test);

/// Concepts and their words, separated by commas.
pub(crate) const WORDS: &[(Concept, &str)] = &[
    (
        TRAIN,
        "train*,learn,trn,tr,ent,entrain*,apprentissage,entren*,addestr*,allenament*,trein*,training*,opleiding,trening*,tren,uczen*,treningow*,ucz*",
    ),
    (
        TRAIN,
        "обуч*,тренир*,трен*,训练*,訓練*,训练集,学習,トレーニング,训,학습,훈련,트레이닝,egitim*,pelatihan,latih*,huan luyen,प्रशिक्षण,traen*,trenov*,tanit*,antren*,навчан*,آموزش,آموزشی,یادگیری,εκπαιδ*,تدريب,التدريب,lern",
    ),
    (
        VALIDATION,
        "saving dict,val,vali,valid,validat*,validation*,validier*,vld,eval,evals,evalu*,dev,devel,development,holdout,held out,hold out,cv",
    ),
    (
        VALIDATION,
        "valida*,convalida,валід*,walid*,валид*,провер*,验证*,驗證*,校验,检证,検証*,評価,バリデーション,검증,평가,dogrulama*,gecerleme,validasi,kiem dinh,xac thuc,tham dinh,सत्यापन,validac*,validiac*,valider*,перевір*,επικυρ*,التحقق,تحقق,اعتبارسنجی,ارزیابی,validointi*",
    ),
    (
        TEST,
        "test,tests,tst,te,testing,teste,testnet,prueba*,pruebas,prova,testow*,testovac*,teszt*,тест*,测试*,測試*,テスト*,테스트,시험,pengujian,uji,kiem tra,परीक्षण,test set*,تدقيق,الاختبار,اختبار,آزمون,تست",
    ),
    (
        Loss,
        "loss,losses,los,cost,costs,objective,objf,log likelihood,loglikelihood,verlust*,kosten,perte*,perdida*,perdita,perda*,verlies*,strata,straty,utrata,потер*,лосс,убыт*,втрат*",
    ),
    (
        Loss,
        "损失*,損失*,ロス,誤差,误差,오차,손실*,로스,kayip*,kayb*,kerugian,rugi,mat mat,ton that,हानि,forlust*,tab,tap,ztrata,veszteseg,pierder*,απωλ*,خسارة,الخسارة,الفقد,زیان,تلفات,ضرر,havio,tappio,gubit*,губит*,загуб*",
    ),
    (
        Entropy,
        "crossentropy,cross entropy,crossentropyloss,labelsmoothingcrossentropyloss,xent,nll,nllloss,mlogloss,multi logloss,binary logloss,ce,logloss,log loss,neg log likelihood,entropie croisee,kreuzentropie,entropia cruzada,交叉熵,кросс энтроп*",
    ),
    (
        Part,
        "reg,regular*,l 1,l 2,wd,weight decay,penalty,box,bbox,cls,obj,objectness,dfl,mask,rpn,kl,kld,aux,auxiliary,recon,reconstruction,rec,perceptual,adv,adversarial,gen,generator,disc,discriminator,style,content,center,triplet,contrastive,commitment,vq,distill*,kd,domain,giou,ciou,seg,inference,penal*,g,d,reglos",
    ),
    (
        Accuracy,
        "acc,accs,accu,accur*,accuarcy,accuaracy,acuracy,accruacy,acurracy,acccuracy,acuraci*,precisao,acuratete,correct,correctly classified,top 1,prec 1,hit 1,rank 1,genauigkeit*,treffer*,exactitude,exactitud,precision de validacion,precision de entrenamiento,precision de prueba,precision de validation,accurat*,nauwkeurig*,dokladnosc*,trafnosc,точност*,точніст*,акураси,точн",
    ),
    (
        Accuracy,
        "准确*,精确度,精度*,准确率*,正确率*,正答*,正解*,精度,正確*,準確*,정확*,dogrulu*,basari,akurasi,do chinh xac,chinh xac,सटीकता,शुद्धता,noggrannhet*,nojagtighed*,noyaktighet*,presnost*,pontossag*,tarkkuus,ακριβ*,دقة,الدقة,دقت,tacnost*,tocnost*,тачност*",
    ),
    (TopFive, "top 5,prec 5,hit 5,acc top 5,accuracy top 5,accuracytop 5,top five,top 5 acc*,top 5 accuracy"),
    (Accuracy, "top 1 acc*,acc top 1,accuracy top 1,accuracytop 1,top one"),
    (
        Error,
        "eval err per sample,eval err 0 per sample,eval err 1 per sample,err,error,errors,fehler*,erreur*,errore*,erro,fout*,blad*,ошибк*,错误,エラー,오류,hata*,kesalahan,loi,त्रुटि,خطا,خطای",
    ),
    (
        ErrorRate,
        "error rate,classif ce,merror,errorrate,err rate,error pct,misclass*,fehlerrate,fehlerquote,taux d erreur,tasa de error,tasso di errore,taxa de erro,foutpercentage,错误率,誤り率,오류율,hata orani,top 1 err*,err 1,top 1 error",
    ),
    (
        EditErrors,
        "wer,cer,word error rate,character error rate,char error rate,word error,character error,edit distance rate",
    ),
    (F1, "f 1,f 1 score,fscore,f score,f measure,f 1 macro"),
    (
        Score,
        "average row correct,instance accuracy,row correct,precision,precisions,prec,recall,auc,auroc,roc,prauc,map,m ap,ap,iou,miou,m iou,dice,jaccard,kappa,qwk,ndcg,mrr,mcc,sensitivity,specificity,ppv,npv,score,rappel,rueckruf,precis,f 2,f beta,f 05,bleu,召回*,查准率,再現率,적합율,재현율,полнота",
    ),
    (
        Rate,
        "lr,lrs,learning rate,learningrate,learn rate,lernrate,taux d apprentissage,tasa de aprendizaje,tasso di apprendimento,taxa de aprendizado,taxa de aprendizagem,leersnelheid,leertempo,wspolczynnik uczenia,скорость обучения,темп обучения,学习率,學習率,学習率,학습률,학습율,ogrenme orani,ogrenme hizi,laju pembelajaran,toc do hoc,सीखने की दर,inlarningshastighet,base lr,швидкість навчання",
    ),
    (
        Time,
        "time,time cost,batch cost,reader cost,times,sec,secs,second,seconds,s,ms,min,mins,minute,minutes,hour,hours,h,duration,elapsed,eta,runtime,walltime,took,zeit,dauer,sekund*,temps,tiempo,tempo,tijd,czas,врем*,секунд*,сек,时间,用时,耗时,時間,시간,sure,waktu,thoi gian,समय,segundos,secondes,secondi",
    ),
    (
        Epoch,
        "epoch,epoch num,epoch idx,epoch index,epoch id,epoch number,cur epoch,curr epoch,epochs seen,ep,epoche,epoque,epoca,epoka,epoki,epoke,epok,epocha,epocas,epoch no,эпох*,епох*,轮,轮次,第几轮,周期,回合,エポック,에폭,에포크,devir,donem,ky nguyen,ky,युग,εποχ*,حقبة,الحقبة,حقبه,עידן,epokk,epookki,epoha,دوره,ایپاک,اپوک,tijdperk,round,runde",
    ),
    (Epochs, "epochs,epochen,epoques,num epochs,max epoch*,n epochs"),
    (
        Step,
        "step,step num,step idx,step id,iter num,iter idx,iter id,batch num,batch idx,batch id,batch index,iter,iteration,iterations,iterate,batches seen,it,batch,minibatch,mini batch,global step,schritt,paso,etape,passo,stap,krok,шаг,итерац*,батч,批次,步,步数,迭代,迭代次数,ステップ,イテレーション,バッチ,스텝,배치,adim,langkah,buoc,iteracion,iteracao,iteracja,iterazione,update,updates,num updates",
    ),
    (
        BatchSize,
        "batch size,batchsize,bs,batch sz,batchgrosse,batchgroesse,taille de lot,taille du batch,tamano de lote,tamano del lote,批大小,批量大小,バッチサイズ,배치 크기,размер батча,train batch size,batch size train",
    ),
    (
        Classes,
        "classes,class count,num classes,nclasses,n classes,nc,num class,number of classes,klassen,clases,classi,klas,классов,种类,类别数,クラス数,categories,kategorien,labels,num labels,breeds,species",
    ),
    (
        Images,
        "images,image,imgs,img,samples,sample,examples,photos,photographs,pictures,pics,files,bilder,bildern,fotos,foto,imagenes,imagens,immagini,afbeeldingen,zdjec,obrazow,изображ*,картин*,张,張,枚,장,data points,datapoints,instances,records,rows,items,leaves,num examples,num samples,dataset size,set size,size,num images,n samples",
    ),
    (
        ErrorRate,
        "binary error,multi error,classification error,classif error,zero one loss,classificationerror",
    ),
    (
        Deviation,
        "rmse,mse,mae,rmsle,msle,mape,mean squared error,mean square error,mean absolute error,mean squared err,mean absolute err,root mean squared error,root mean square error,mean squared logarithmic error,mean absolute percentage error,squared error,absolute error,s l 1,s l 2",
    ),
    // What a program prints beside the best value so far.
    (VALIDATION, "cur metric,current metric"),
    (Perplexity, "perplexity,ppl,perplexite,perplexidade,perplexitat"),
    (Error, "evaluation criterion,eval criterion,errs"),
    // What boosting minimises, and what Tesseract prints of letters.
    (Loss, "deviance,devianz,deviancia"),
    (ErrorRate, "char train,bcer"),
    // Of cross-validation.
    (TRAIN, "cv train"),
    (TEST, "cv test"),
    (VALIDATION, "crossval,cross val,cross validation"),
    (Percent, "percent,pct,percentage,prozent,procent,pourcent,porciento"),
    (
        Spoiler,
        "best,max,min,maximum,minimum,lowest,highest,previous,prev,old,target,desired,goal,tolerance,chance,baseline,scale,scaler,weight,weights,std,stdev,var,variance,grad,gradient,gradients,norm,decay,delta,diff,difference,gap,change,improvement,improved,improve,patience,threshold,from,did,not,limit,record,random,interval,freq,frequency,warmup,smoothing,momentum,num,count,counter,seed,memory,mem,gpu,workers,version,mejor,beste,bester,meilleur*,migliore,melhor,лучш*,najlepsz*,最佳,最好,最高,ベスト,최고,en iyi,terbaik,tot nhat,last best,ratio,wait,early stopping,per second,samples per second,steps per second,resume*,checkpoint,saved,saving,restor*,decreas*,increas*,throughput,speed,ips,fps,total epochs,total steps,num steps,test iter,max iter,expected,ideal,upper,lower,bound,scheduler,below,above,under,than,until,ab",
    ),
    (
        Filler,
        "the,a,an,my,our,its,of,on,in,at,for,and,with,is,was,are,were,be,been,has,had,have,average,avg,averaged,mean,running,overall,total,combined,final,current,cur,this,that,so,now,about,around,approximately,approx,equal,equals,reached,reaches,reaching,value,values,val_,set,data,dataset,network,model,net,per,over,all,then,also,output,result,results,metric,metrics,score_,global,no,nr,number,micro,macro,weighted,categorical,sparse,binary,softmax,classification,clf,multiclass,smoothed,instantaneous,sum,summed,epoch_,end,here,i,centralized,centralised,distributed,got,get,gets,gives,as,stands,came,comes,drops,dropped,fell,falls,rises,rose,went,goes,climbed,ended,finished,after,subset,split,phase,stage,during,info,debug,thresh,multi,standard,focal,pure,pg,group,whole,full,history,percent_,on average,to,out,which,while,whereas,but,already,just,only,still,sits,gave,achieved,achieves,obtained,hits,hit,showed,shows,reads,read,reported",
    ),
    (
        Filler,
        "der,die,das,des,den,dem,auf,im,ist,war,bei,nach,und,von,zu,betragt,liegt,durchschnittlich*,mittlerer,durchschn,le,la,les,l,du,de,est,sur,et,en,moyenne,a l,el,los,las,y,es,fue,sobre,medio,media,promedio,il,lo,della,del,di,e,su,dei,sul,da,do,na,o,em,com,foi,dos,das,no conjunto,conjunto,het,een,van,op,en,bij,gemiddeld*,w,i,dla,po,zbior*,на,в,и,для,по,средн*,выборк*,の,は,が,を,で,と,目,회,번째,번,차,은,는,이,가,의,률,율,率,度,值,集,第,个,次,个epoch,为,是,平均,在,上,ve,bu,ise,ortalama,dan,pada,rata,va,tren,tap,trung binh,का,की,के,पर,में,है,औसत",
    ),
];

/// Parts of compounds that Germanic languages write as one word, and of scripts that leave no spaces.
pub(crate) const STEMS: &[(&str, Concept)] = &[
    ("trainings", TRAIN),
    ("tranings", TRAIN),
    ("treningow", TRAIN),
    ("validierungs", VALIDATION),
    ("validatie", VALIDATION),
    ("validerings", VALIDATION),
    ("test", TEST),
    ("train", TRAIN),
    ("trn", TRAIN),
    ("tst", TEST),
    ("val", VALIDATION),
    ("opetus", TRAIN),
    ("koulutus", TRAIN),
    ("validointi", VALIDATION),
    ("verlust", Loss),
    ("havio", Loss),
    ("tarkkuus", Accuracy),
    ("verlies", Loss),
    ("forlust", Loss),
    ("fehlerrate", ErrorRate),
    ("fehlerquote", ErrorRate),
    ("fehler", Error),
    ("genauigkeit", Accuracy),
    ("nauwkeurigheid", Accuracy),
    ("noggrannhet", Accuracy),
    ("nojagtighed", Accuracy),
    ("noyaktighet", Accuracy),
    ("loss", Loss),
    ("reg", Part),
    ("acc", Accuracy),
    ("accuracy", Accuracy),
    ("学习率", Rate),
    ("學習率", Rate),
    ("学習率", Rate),
    ("학습률", Rate),
    ("训练", TRAIN),
    ("訓練", TRAIN),
    ("学習", TRAIN),
    ("학습", TRAIN),
    ("훈련", TRAIN),
    ("验证", VALIDATION),
    ("驗證", VALIDATION),
    ("検証", VALIDATION),
    ("評価", VALIDATION),
    ("검증", VALIDATION),
    ("평가", VALIDATION),
    ("测试", TEST),
    ("測試", TEST),
    ("テスト", TEST),
    ("테스트", TEST),
    ("损失", Loss),
    ("誤差", Loss),
    ("误差", Loss),
    ("오차", Loss),
    ("错误率", ErrorRate),
    ("오류율", ErrorRate),
    ("損失", Loss),
    ("ロス", Loss),
    ("손실", Loss),
    ("准确率", Accuracy),
    ("準確率", Accuracy),
    ("正确率", Accuracy),
    ("正解率", Accuracy),
    ("精度", Accuracy),
    ("准确度", Accuracy),
    ("정확도", Accuracy),
    ("轮次", Epoch),
    ("轮", Epoch),
    ("エポック", Epoch),
    ("에포크", Epoch),
    ("에폭", Epoch),
    ("最佳", Spoiler),
    ("连续", Spoiler),
    ("未", Spoiler),
    ("没有", Spoiler),
    ("最高", Spoiler),
    ("최고", Spoiler),
    ("批大小", BatchSize),
    ("类别", Classes),
    ("平均", Filler),
    ("第", Filler),
    ("次", Filler),
    ("集", Filler),
    ("的", Filler),
    ("值", Filler),
    ("为", Filler),
    ("是", Filler),
    ("整体", Filler),
    ("上", Filler),
    ("次数", Step),
    ("步", Step),
    ("时间", Time),
    ("用时", Time),
    ("時間", Time),
    ("시간", Time),
];
